package config

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	maxConfig = 4 << 20
	maxCA     = 4 << 20
	maxSecret = 64 << 10
)

var (
	errTooLong    = errors.New("too long")
	errNotRegular = errors.New("not a regular file")
)

// readRegular reads a whole regular file. Pipes and devices are refused: they
// can block or never end.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	data, err := readLimited(file, limit)
	// Nothing was written, so a failing Close says nothing about the data.
	_ = file.Close()
	return data, err
}

// readLimited reads to the end; more than limit bytes are an error.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, bare(err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", errTooLong, limit)
	}
	return b.Bytes(), nil
}

// bare drops the operation and the path, which the message has already.
func bare(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// othersCanRead reports whether the mode lets group or others read. Windows
// has no such bits.
func othersCanRead(mode fs.FileMode) bool {
	const groupOrOthers = 0o044
	return runtime.GOOS != "windows" && mode.Perm()&groupOrOthers != 0
}

// resolve returns the absolute path of a file that the configuration names.
func (l *loader) resolve(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.folder, path)
}

// fileName checks a text that names a file.
func fileName(s string) *complaint {
	switch {
	case s == "":
		return &complaint{"is empty", ""}
	case strings.HasPrefix(s, "~"):
		return &complaint{"begins with ~, which is not expanded", "write the whole path"}
	case strings.ContainsRune(s, 0):
		return &complaint{"is no file name", ""}
	}
	return nil
}

// checkCA makes sure, before any vCenter is contacted, that the file can serve.
func checkCA(l *loader, s string, _ place) (string, *complaint) {
	if bad := fileName(s); bad != nil {
		return "", bad
	}
	path := l.resolve(s)
	data, err := readRegular(path, maxCA)
	if err != nil {
		return "", &complaint{fmt.Sprintf("cannot be read: %s: %v", show(s), err), "a relative path begins at the folder of this file"}
	}
	const hint = "it should begin with -----BEGIN CERTIFICATE-----"
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return "", &complaint{"holds no PEM certificate: " + show(s), hint}
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", &complaint{fmt.Sprintf("holds a damaged certificate: %s: %v", show(s), err), ""}
		}
		return path, nil
	}
}

// checkThumbprint returns the thumbprint in upper-case hex with colons.
func checkThumbprint(_ *loader, s string, _ place) (string, *complaint) {
	const sha1, sha256 = 20, 32
	raw, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil {
		bad := &complaint{"is no thumbprint: " + show(s), "20 (SHA-1) or 32 (SHA-256) bytes in hex, with or without colons"}
		if strings.Contains(s, "=") || strings.HasPrefix(strings.ToLower(s), "sha") {
			bad.hint = "leave out what stands before the hex digits"
		}
		return "", bad
	}
	if len(raw) != sha1 && len(raw) != sha256 {
		return "", &complaint{fmt.Sprintf("is a thumbprint of %d bytes", len(raw)), "SHA-1 has 20 bytes, SHA-256 has 32"}
	}
	return strings.ReplaceAll(fmt.Sprintf("% X", raw), " ", ":"), nil
}
