package simulator

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
)

// load serves an inventory that govc object.save wrote.
func (v *VCenter) load(dir string) error {
	m := simulator.VPX()
	if err := m.Load(dir); err != nil {
		return fmt.Errorf("load %s: %w", dir, err)
	}
	if m.Service == nil || m.Map().Get(vim25.ServiceInstance) == nil {
		return fmt.Errorf("load %s: there is no saved inventory", dir)
	}

	v.service = m.Service
	v.registry = m.Map()
	si, ok := v.registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	if !ok || si.Content.SessionManager == nil {
		return fmt.Errorf("load %s: no service content", dir)
	}
	si.Content.About.ApiVersion = v.opts.newest() // or clients would not find the releases that hello offers
	v.content = si.Content
	return nil
}
