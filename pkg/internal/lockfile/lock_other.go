//go:build !unix

package lockfile

import (
	"errors"
	"os"
)

// tryLock refuses: a lock that does not lock would be worse than none.
func tryLock(*os.File) error {
	return errors.New("this system has no advisory file locks that vcfleet knows")
}
