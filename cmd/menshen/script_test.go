package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The program as it is typed. TestMain makes the test binary be menshen.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
