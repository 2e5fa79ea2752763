// Package collector reads one vCenter: it holds one conversation (negotiate, log
// in, make one container view, page, destroy the view, log out) and turns what
// comes over the wire into records. It is the only package that knows both.
//
// It refuses to run several vCenters (package fleet), to repeat a login that may
// have reached the vCenter, and to call anything once per object: all relations
// come from parent links that are read in the same pages.
//
// What fails is tried again where that is safe and can help: a call that is
// idempotent, after a cause that may pass (retry.go); the whole retrieval, when
// a page was lost, when the session was, or when the release does not know a
// property (gather.go). A retrieval is never patched up: each has a reader of its
// own, and one that fails gives no rows. The exception is the trap of
// govmomi #3455, which keeps what came before (gap.go).
//
// Each managed object type has a file with its one list of properties: the path,
// the columns it feeds and the decoder stand together. What is asked for is
// derived from that list and from the sections the user wants: a path that
// feeds no wanted column is not fetched. To add a column, add it to the record
// in package inventory and a property here; to add a managed object type, add a
// file with its list and one line in newReader.
package collector
