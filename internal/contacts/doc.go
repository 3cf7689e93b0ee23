// Package contacts is the address book: a directory of vCards, one contact a
// file, as CardDAV synchronisers such as vdirsyncer keep them ("vdir"). Other
// programs may write there too: what this package doesn't know of a card it
// leaves as it is. cmd opens the Book for `offhook contacts`, for names to dial
// and for the names of callers; nothing below cmd knows it.
//
//	UID.vcf --\                    /--> Contacts, Find
//	UID.vcf ---> vcard.Card --> Contact --> Index: caller's URI -> name, name -> URI
//	UID.vcf --/                    \--> Export (one .vcf with all)
package contacts
