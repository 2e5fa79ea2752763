package collector

import (
	"slices"
	"strings"

	"vcfleet/pkg/vim"
)

// tree holds names and parent links of everything that has a place in the
// inventory, so that paths are found in memory.
type tree struct {
	root  vim.ManagedObjectReference
	nodes map[vim.ManagedObjectReference]node
	paths map[vim.ManagedObjectReference]string // of those asked for already
}

type node struct {
	name   string // as the vCenter escapes it
	parent vim.ManagedObjectReference
}

func newTree(root vim.ManagedObjectReference) *tree {
	return &tree{root: root, nodes: make(map[vim.ManagedObjectReference]node), paths: make(map[vim.ManagedObjectReference]string)}
}

// maxAncestors bounds the walk to the root: a vCenter that sends a ring of
// parents must not hang the run.
const maxAncestors = 200

// name returns the unescaped name of an object, its moref when the name could
// not be read, and nothing for no reference.
func (t *tree) name(ref vim.ManagedObjectReference) string {
	if name := t.nodes[ref].name; name != "" {
		return unescape(name)
	}
	return ref.Value
}

// names is name for a list.
func (t *tree) names(refs []vim.ManagedObjectReference) []string {
	if len(refs) == 0 {
		return nil
	}
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = t.name(ref)
	}
	return names
}

// path returns the inventory path as govc writes it, names escaped, / for the
// root folder; and nothing for no reference. The path of an object whose
// ancestors the account cannot see begins with the moref of the last one known.
func (t *tree) path(ref vim.ManagedObjectReference) string {
	if ref.IsZero() {
		return ""
	}
	if path, known := t.paths[ref]; known {
		return path
	}
	var parts []string
	at := ref
	for range maxAncestors {
		if at == t.root || at.IsZero() {
			break
		}
		n, known := t.nodes[at]
		part := n.name
		if part == "" {
			part = at.Value
		}
		parts = append(parts, part)
		if !known {
			break
		}
		at = n.parent
	}
	var b strings.Builder
	for _, part := range slices.Backward(parts) {
		b.WriteByte('/')
		b.WriteString(part)
	}
	path := b.String()
	if path == "" {
		path = "/"
	}
	t.paths[ref] = path
	return path
}

// ancestor returns the object itself or its nearest ancestor of one of the
// types, or no reference.
func (t *tree) ancestor(ref vim.ManagedObjectReference, types ...string) vim.ManagedObjectReference {
	at := ref
	for range maxAncestors {
		if at.IsZero() {
			break
		}
		if slices.Contains(types, at.Type) {
			return at
		}
		at = t.nodes[at].parent
	}
	return vim.ManagedObjectReference{}
}

// datacenter returns the reference of the datacenter that the first of the
// objects which is in one is in.
func (t *tree) datacenter(refs ...vim.ManagedObjectReference) vim.ManagedObjectReference {
	for _, ref := range refs {
		if dc := t.ancestor(ref, "Datacenter"); !dc.IsZero() {
			return dc
		}
	}
	return vim.ManagedObjectReference{}
}
