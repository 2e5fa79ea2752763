// Package doctor examines vCenters without collecting: it asks, step by step,
// what a collection will need (name, connection, certificate, API release,
// account, permissions, clock), and says of each what it found and what to do.
//
// It refuses to read an inventory, to run several vCenters (package fleet) and
// to repeat a login. It leaves nothing behind: the session is logged out and the
// view destroyed whatever happens. Of the sections it proves what it asked for
// and no more: see the doc of the check.
//
// To add a check: one entry in [Checks], in its place, with the check that it
// builds upon, and a method of visit that makes its [Result]. Help, the table,
// JSON and the tests range over that list. A result's columns are declared once,
// in [Schema]; what it says in figures and names goes into Facts.
package doctor
