package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"gopkg.in/yaml.v3"

	"vcfleet/pkg/secret"
)

const content = "hunter2-§-pass"

// holder reaches the secret the ways real structs do: exported, unexported,
// behind a pointer, in a slice and in a map.
type holder struct {
	Exported secret.Text
	hidden   secret.Text
	Pointer  *secret.Text
	Slice    []secret.Text
	Map      map[string]secret.Text
}

func newHolder() holder {
	text := secret.New(content)
	return holder{text, text, &text, []secret.Text{text}, map[string]secret.Text{"a": text}}
}

func TestReveal(t *testing.T) {
	if got := secret.New(content).Reveal(); got != content {
		t.Errorf("Reveal() = %q, want the content", got)
	}
	if got := (secret.Text{}).Reveal(); got != "" {
		t.Errorf("Reveal() of the zero Text = %q, want nothing", got)
	}
	if !secret.New("").Empty() || secret.New("x").Empty() {
		t.Error("Empty() does not tell an empty Text from a full one")
	}
}

func TestNothingPrintsIt(t *testing.T) {
	h := newHolder()
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%t", "%10s"} {
		printed = append(printed,
			fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h), fmt.Sprintf(verb, h.Exported),
			fmt.Sprintf(verb, h.hidden), fmt.Sprintf(verb, h.Pointer), fmt.Sprintf(verb, h.Slice))
	}
	printed = append(printed, fmt.Sprint(h), fmt.Errorf("login: %v", h).Error(), h.Exported.String())

	encoders := map[string]func(any) ([]byte, error){
		"json": json.Marshal, "yaml": yaml.Marshal,
		"xml": func(any) ([]byte, error) { return xml.Marshal(h.Exported) },
	}
	for name, encode := range encoders {
		data, err := encode(h)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed = append(printed, string(data))
	}

	var log bytes.Buffer
	zlog := zerolog.New(&log)
	zlog.Info().Any("holder", h).Interface("text", h.Exported).Stringer("s", h.Exported).Send()
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "holder", h, "text", h.Exported)
	printed = append(printed, log.String())

	hex := fmt.Sprintf("%x", content)
	for _, text := range printed {
		if strings.Contains(text, content) || strings.Contains(text, "hunter2") || strings.Contains(strings.ToLower(text), hex) {
			t.Errorf("the secret is printed: %s", text)
		}
	}
}

func TestMask(t *testing.T) {
	if got := fmt.Sprintf("%d|%s|%v", secret.New("x"), secret.New("y"), secret.Text{}); got != "***|***|" {
		t.Errorf("masks = %q", got)
	}
}
