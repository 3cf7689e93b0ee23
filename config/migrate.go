package config

import "fmt"

// migrations[i] turns a document of version i+1 into one of version i+2, in
// memory: the file itself changes at the next save. Version 1 is the first.
var migrations = [Version - 1]func(doc map[string]any){}

// migrate brings doc to Version. A file without the key is of version 1.
func migrate(doc map[string]any) error {
	version := int64(1)
	if raw, ok := doc["version"]; ok {
		version, ok = raw.(int64)
		if !ok || version < 1 {
			return fmt.Errorf("version must be a number from 1 to %d", Version)
		}
	}
	if version > Version {
		return fmt.Errorf("version %d is newer than this offhook, which reads up to %d: update offhook, or use another file with --config", version, Version)
	}
	for _, step := range migrations[version-1:] {
		step(doc)
	}
	if version != Version {
		doc["version"] = int64(Version)
	}
	return nil
}
