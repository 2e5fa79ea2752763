package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// Load reads and checks a file. A wrong file gives an [*Error] with all
// problems and no Config.
func Load(path string, o Options) (*Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	data, mode, err := readConfig(file)
	// Nothing was written, so a failing Close says nothing about the data.
	_ = file.Close()
	if err != nil {
		return nil, unreadable(path, err)
	}
	return parse(path, data, mode, o)
}

func readConfig(file *os.File) ([]byte, fs.FileMode, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("its mode: %w", err)
	}
	if info.IsDir() {
		return nil, 0, errors.New("it is a folder")
	}
	// A pipe is fine here (`-c <(sops -d fleet.yaml)`): who gives one knows
	// that it ends. Its size and mode say nothing.
	if info.Mode().IsRegular() && info.Size() > maxConfig {
		return nil, 0, fmt.Errorf("%w: %d bytes, %d are allowed", errTooLong, info.Size(), maxConfig)
	}
	data, err := readLimited(file, maxConfig)
	if !info.Mode().IsRegular() {
		return data, 0, err
	}
	return data, info.Mode(), err
}

func unreadable(path string, err error) error {
	p := Problem{File: path, Message: fmt.Sprintf("cannot be read: %v", bare(err))}
	if errors.Is(err, fs.ErrNotExist) {
		p.Hint = "`vcfleet config init` writes an example"
	}
	return &Error{Problems: []Problem{p}, cause: err}
}

// Parse checks the content of a file. name is what problems call it; relative
// files in it belong to the folder of name.
func Parse(name string, data []byte, o Options) (*Config, error) {
	if len(data) > maxConfig {
		return nil, unreadable(name, fmt.Errorf("%w: %d bytes, %d are allowed", errTooLong, len(data), maxConfig))
	}
	return parse(name, data, 0, o)
}

func parse(name string, data []byte, mode fs.FileMode, o Options) (*Config, error) {
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, unreadable(name, fmt.Errorf("its folder: %w", err))
	}
	o.Sections = slices.Clone(o.Sections)
	root := documentSpec(o)
	l := &loader{file: name, folder: folder, mode: mode, root: &root.shape}
	var result *Config
	if n := l.yaml(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))); n != nil {
		if doc, ok := root.decode(l, n, at(n, "")); ok {
			result = l.config(doc, o)
		}
	}
	if len(l.problems) > 0 {
		return nil, &Error{Problems: tidy(l.problems)}
	}
	return result, nil
}

// position counts the lines and columns up to an offset.
func position(data []byte, offset int) place {
	before := data[:offset]
	line := bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return place{line: line + 1, column: utf8.RuneCount(before[start:]) + 1}
}
