// Package report writes an [inventory.Report] in the formats that users ask
// for with -o FORMAT[=PATH], and reads back what the json format wrote.
//
//	table     for people, fitted to the terminal
//	json      one document, schema vcfleet.report/v1, one record a line
//	ndjson    one object a line, each vCenter as it finishes
//	csv       a folder with one file per table
//	markdown  GitHub tables
//
// Files are written whole or not at all: the new content takes the old one's
// place in [Sink.Finish], after it is on the disk. The csv folder is whole file
// by file, not as a set; problems.csv and vcenters.csv come last. A csv file of
// a table that this run did not collect is removed when an earlier run wrote it
// there (see csv.go), so that what lies in the folder is this run's.
//
// The package refuses to collect, to choose what is collected, and to know any
// record type: it ranges over [inventory.Report.Tables] and their columns, so
// a new column or table appears in every format by itself. It refuses clocks:
// the same report gives the same bytes. Text that comes from a vCenter is
// never trusted: it cannot move the cursor of a terminal, start a formula in a
// spreadsheet, break out of a markdown cell or end a JSON string.
//
// To add a format: write a function that opens its [Sink] (newWhole makes one
// from a function that writes a report) and add a line to [Formats]; help,
// completion, the error for an unknown format and the tests range over that
// list.
package report
