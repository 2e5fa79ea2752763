// Package simulator is a simulated vCenter that speaks VI/JSON over TLS on
// loopback, for demonstrations and for the tests of anything that reads
// vCenters. govmomi's vcsim, which does the managed objects and serves SOAP
// on the same listener, has neither VI/JSON nor release negotiation.
//
// On top of vcsim come what a vCenter does and vcsim does not: hello, a server
// cap on pages, tokens bound to session and property collector,
// CancelRetrievePropertiesEx, whole-call InvalidProperty for a path that the
// type does not have, null for no match, and an inventory that looks like an
// estate: it is made from a seed, so the same [Options] give the same bytes,
// and it is put straight into vcsim's registry, because vcsim's own tasks take
// some 90 ms a VM.
//
// The SOAP side is the honest witness: call-level faults and counters touch
// VI/JSON only, so a test can ask the same vCenter over SOAP what is true.
//
// The package refuses to be a server for anything but tests: it listens on
// loopback unless told otherwise, logs nothing and has one user. It refuses
// every method that starts a task; [VCenter.Edit] changes an inventory.
//
// To add a fault, add a constant in fault.go and its entry to the
// group of faultTable that it belongs to, and a case to TestFaults. To
// add a kind of object or an oddity to the inventory, add a step to
// builder.build in inventory.go. To answer one more method in VI/JSON that
// vcsim lacks, add it to the switch in backend.go.
package simulator
