package collector

import (
	"cmp"
	"fmt"
	"slices"

	"vcfleet/pkg/inventory"
	"vcfleet/pkg/vim"
)

// maxProblems bounds the problems of one vCenter that are listed one by one.
const maxProblems = 200

// problems returns what could not be read, in a stable order.
func (r *reader) problems() []inventory.Problem {
	list := r.gapProblems()
	switch {
	case r.cut != nil:
		list = append(list, r.cut.problem())
	case !r.seen[r.content.RootFolder]:
		list = append(list, inventory.Problem{
			Phase: inventory.PhaseRead, Class: inventory.ClassNoPermission, Type: "Folder",
			Message: "the root folder cannot be read: what the account may not see is missing from the report without a trace, and paths are not complete",
			Hint:    "give the account the Read-only role on the vCenter's root folder, propagated",
		})
	}
	return list
}

// gapProblems makes a problem of each kind of gap, up to maxProblems.
func (r *reader) gapProblems() []inventory.Problem {
	var list []inventory.Problem
	for g, objects := range r.gaps {
		list = append(list, g.problem(objects))
	}
	stable := func(a, b inventory.Problem) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	}
	if len(list) <= maxProblems {
		slices.SortFunc(list, stable)
		return list
	}
	// Those that concern the most objects tell the most.
	slices.SortFunc(list, func(a, b inventory.Problem) int { return cmp.Or(cmp.Compare(b.Objects, a.Objects), stable(a, b)) })
	more := fmt.Sprintf("%d more", len(list)-maxProblems)
	if r.moreGaps > 0 {
		more = "more than " + more
	}
	list = list[:maxProblems]
	slices.SortFunc(list, stable)
	return append(list, inventory.Problem{
		Phase: inventory.PhaseRead, Class: inventory.ClassLimit,
		Message: more + " problems of this kind are not listed: other properties of other types could not be read either",
		Hint:    "see to those that are listed: they concern the most objects",
	})
}

// problem explains the trap of vCenter 7.0.3.2 to 8.0.2: there
// ContinueRetrievePropertiesEx answers NoPermission to an account that may not
// read the root folder, whatever else it may read (govmomi #3455).
func (c *cut) problem() inventory.Problem {
	privilege := cmp.Or(c.fault.PrivilegeID, "System.Read")
	return inventory.Problem{
		Phase: inventory.PhaseRead, Class: inventory.ClassNoPermission, Type: "Folder",
		Message: fmt.Sprintf("%s gave %d objects, and no more: before 8.0 U3 a vCenter gives further pages only to an account with %s on the root folder; "+
			"the rest is missing from the report, and what is counted over all objects is not known", pages(c.pages), c.objects, privilege),
		Hint: "give the account the Read-only role on the vCenter's root folder, at least without propagation, or bring the vCenter to 8.0 U3",
	}
}

func pages(n int) string {
	if n == 1 {
		return "one page"
	}
	return fmt.Sprintf("%d pages", n)
}

func (g gap) problem(objects int64) inventory.Problem {
	p := inventory.Problem{Phase: inventory.PhaseRead, Type: g.typ, Path: g.path, Objects: objects}
	of := fmt.Sprintf("%s of %d %s", g.path, objects, g.typ)
	switch g.fault {
	case "":
		p.Class = inventory.ClassOddValue
		p.Message = of + " was not of its documented type and is left out"
		p.Hint = "please report it, with the vCenter's version"
	case vim.NoPermission:
		p.Class = inventory.ClassNoPermission
		p.Message = of + " may not be read by the account"
		p.Hint = "the account needs the privilege " + cmp.Or(g.privilege, "System.Read") + " there (role Read-only)"
	default:
		p.Class = inventory.ClassFault
		p.Message = fmt.Sprintf("%s could not be read: %s", of, g.fault)
		p.Hint = "the vCenter could not give it; its log (vpxd.log) may say why"
	}
	return p
}
