package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"vcfleet/pkg/internal/terminal"
	"vcfleet/pkg/tabular"
)

// absentCell stands where a value is not known, which an empty cell or a zero
// would hide.
const absentCell = "-"

// human is a cell as people read it: with units, in one harmless line.
func human(v tabular.Value, unit string) string {
	switch v.Type() {
	case 0:
		return absentCell
	case tabular.Int:
		return humanInt(v.Int(), unit)
	case tabular.Float:
		text := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		if unit != "" {
			text += " " + unit
		}
		return text
	case tabular.Bool:
		if v.Bool() {
			return "yes"
		}
		return "no"
	case tabular.Time:
		return v.Time().Format("2006-01-02 15:04")
	}
	return terminal.Harmless(v.String())
}

func humanInt(n int64, unit string) string {
	switch {
	case n < 0 && unit != "":
		return strconv.FormatInt(n, 10) // -1 is "unlimited": it has no unit
	case unit == "MiB":
		return scaled(n, 1024, "MiB", "GiB", "TiB", "PiB", "EiB")
	case unit == "MHz":
		return scaled(n, 1000, "MHz", "GHz", "THz")
	case unit == "ms":
		return humanMillis(n)
	case unit == "days":
		return grouped(n) + " d"
	}
	return grouped(n)
}

// scaled writes n in the largest unit in which it is at least one, with one
// decimal where that says something.
func scaled(n int64, base float64, units ...string) string {
	value, at := float64(n), 0
	for at < len(units)-1 && math.Round(value*10)/10 >= base {
		value /= base
		at++
	}
	text := strconv.FormatFloat(value, 'f', 1, 64)
	if value >= 100 {
		text = strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strings.TrimSuffix(text, ".0") + " " + units[at]
}

func humanMillis(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " ms"
	case n < 60_000:
		return strconv.FormatFloat(float64(n/100)/10, 'f', 1, 64) + " s"
	case n < 3600_000:
		return fmt.Sprintf("%dm%02ds", n/60_000, n/1000%60)
	}
	return fmt.Sprintf("%dh%02dm", n/3600_000, n/60_000%60)
}

// grouped writes n with a comma between thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// instant is a time for the line that names the run.
func instant(t time.Time) string {
	if t.IsZero() {
		return absentCell
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// heading is a column's name in words, without the unit, which the cells have.
func heading(h tabular.Header) []string {
	name := h.Name
	if unit := h.Unit; unit != "" && len(name) > len(unit) && strings.EqualFold(name[len(name)-len(unit):], unit) {
		name = name[:len(name)-len(unit)]
	}
	var words []string
	start := 0
	for i := 1; i <= len(name); i++ {
		if i == len(name) || (name[i] >= 'A' && name[i] <= 'Z') {
			words = append(words, strings.ToLower(name[start:i]))
			start = i
		}
	}
	return words
}

// upperHeading is the heading in capitals, for terminals.
func upperHeading(h tabular.Header) string {
	return strings.ToUpper(strings.Join(heading(h), " "))
}

// titleHeading is the heading as a title: "Primary IP".
func titleHeading(h tabular.Header) string {
	words := heading(h)
	for i, word := range words {
		words[i] = acronym(word)
	}
	if words[0] != vCenterWord {
		words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	}
	return strings.Join(words, " ")
}

const vCenterWord = "vCenter" // never begins with a capital

func acronym(word string) string {
	switch word {
	case "vcenter":
		return vCenterWord
	case "cpu", "ip", "vm", "ha", "drs", "sdrs", "evc", "mac", "os", "nic", "uuid", "ssd", "mtu", "vlan":
		return strings.ToUpper(word)
	case "cpus", "ips", "vms", "nics":
		return strings.ToUpper(word[:len(word)-1]) + "s"
	}
	return word
}
