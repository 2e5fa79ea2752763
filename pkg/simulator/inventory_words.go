package simulator

import (
	"fmt"
	"strings"
)

func regions() []string {
	return []string{"EMEA", "Americas", "Česko a Slovensko", "APAC", "Nordics"}
}

// guestOS is an operating system as vCenter and as the tools in it name it.
type guestOS struct {
	id, full, reported, family string
	windows                    bool
}

func guests() []guestOS {
	return []guestOS{
		{"ubuntu64Guest", "Ubuntu Linux (64-bit)", "Ubuntu 24.04.1 LTS", "linuxGuest", false},
		{"rhel9_64Guest", "Red Hat Enterprise Linux 9 (64-bit)", "Red Hat Enterprise Linux 9.4 (Plow)", "linuxGuest", false},
		{"windows2019srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)", "Microsoft Windows Server 2022 (64-bit)", "windowsGuest", true},
		{"windows2019srv_64Guest", "Microsoft Windows Server 2019 (64-bit)", "Microsoft Windows Server 2019 (64-bit)", "windowsGuest", true},
		{"sles15_64Guest", "SUSE Linux Enterprise 15 (64-bit)", "SUSE Linux Enterprise Server 15 SP5", "linuxGuest", false},
		{"debian12_64Guest", "Debian GNU/Linux 12 (64-bit)", "Debian GNU/Linux 12 (bookworm)", "linuxGuest", false},
		{"centos7_64Guest", "CentOS 7 (64-bit)", "CentOS Linux release 7.9.2009 (Core)", "linuxGuest", false},
		{"windows9Server64Guest", "Microsoft Windows Server 2016 (64-bit)", "Microsoft Windows Server 2016 or later (64-bit)", "windowsGuest", true},
		{"freebsd13_64Guest", "FreeBSD 13 (64-bit)", "FreeBSD 13.2-RELEASE", "otherGuestFamily", false},
		{"vmwarePhoton64Guest", "VMware Photon OS (64-bit)", "VMware Photon OS/Linux", "linuxGuest", false},
	}
}

// app is what a machine is for.
type app struct {
	name, folder, pool string
}

func apps() []app {
	return []app{
		{"web", "web", "Production"},
		{"nginx", "web", "Production"},
		{"iis", "web", "Production"},
		{"app", "web", "Production"},
		{"k8s-node", "web", "Production"},
		{"sql", "db", "Production"},
		{"ora", "db", "Production"},
		{"pg", "db", "Production"},
		{"dc", "infra", "Infrastructure"},
		{"dns", "infra", "Infrastructure"},
		{"mon", "infra", "Infrastructure"},
		{"jump", "infra", "Infrastructure"},
		{"ci", "test", "Test"},
		{"dev", "test", "Test"},
		{"uat", "test", "Test"},
	}
}

// oddNames are names that break careless readers. Slashes, backslashes and
// percent signs are escaped by vCenter itself.
func oddNames() []string {
	return []string{
		"backup%2frestore", "C%5cdata share", "load 100%25", "a+b=c", "Účetnictví – výroba", "データベース-01",
		"Zażółć gęślą jaźń", "name with  two spaces", "quote\"d 'name'", "emoji-🚀", "comma, semicolon; tab\tend",
	}
}

func annotations() []string {
	return []string{
		"", "", "", "Owner: Platform team\nBackup: daily\nTicket: INC-48121",
		"=HYPERLINK(\"http://intranet/cmdb\",\"CMDB\")", "Restored from tape\r\nAsk before a reboot!",
		"+420 123 456 789 on call", "-do not touch-", "Správce: Jiří Novák <jiri.novak@example.com>",
		"Cloned from template\n\n\tkeep until Q4", "@admin please remove",
	}
}

func pick[T any](b *builder, list []T) T { return list[b.rnd.IntN(len(list))] }

// chance is true in percent of the cases.
func (b *builder) chance(percent int) bool { return b.rnd.IntN(100) < percent }

// between returns a number from lo to hi, both included.
func (b *builder) between(lo, hi int) int { return lo + b.rnd.IntN(hi-lo+1) }

func (b *builder) hex(n int) string {
	const digits = "0123456789abcdef"
	out := make([]byte, n)
	for i := range out {
		out[i] = digits[b.rnd.IntN(16)]
	}
	return string(out)
}

func (b *builder) uuid() string {
	var raw [16]byte
	x, y := b.rnd.Uint64(), b.rnd.Uint64()
	for i := range 8 {
		raw[i], raw[i+8] = byte(x>>(8*i)), byte(y>>(8*i))
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// naa is the name of a LUN.
func (b *builder) naa() string { return "naa.6000" + b.hex(28) }

// mac is a MAC address in the range that vCenter hands out.
func (b *builder) mac() string {
	return fmt.Sprintf("00:50:56:%02x:%02x:%02x", 0x80|b.rnd.IntN(64), b.rnd.IntN(256), b.rnd.IntN(256))
}

func (b *builder) licenseKey() string {
	parts := make([]string, 5)
	for i := range parts {
		parts[i] = strings.ToUpper(b.hex(5))
	}
	return strings.Join(parts, "-")
}
