package config

import "time"

// document is the file as it stands, before defaults are applied.
type document struct {
	version     given[int]
	defaults    given[settings]
	credentials given[[]named[account]]
	vcenters    given[[]item[vcenterEntry]]
	collect     given[collectEntry]
}

// settings are what defaults and a vCenter have in common.
type settings struct {
	credential given[string]
	username   given[string]
	password   given[*source]
	timeout    given[time.Duration]
	pageSize   given[int]
	proxy      given[string]
	tls        given[tlsEntry]
	labels     given[map[string]string]
	enabled    given[bool]
}

type vcenterEntry struct {
	name given[string]
	host given[string]
	settings
}

type tlsEntry struct {
	caFile     given[string]
	thumbprint given[string]
	serverName given[string]
	insecure   given[bool]
}

type account struct {
	username given[string]
	password given[*source]
}

type collectEntry struct {
	concurrency       given[int]
	maxRejectedLogins given[int]
	sections          given[[]string]
}
