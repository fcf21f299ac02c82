package yamlconf

import (
	"strings"
	"testing"
)

func TestAllFaultsAtOnceWithFileLineAndField(t *testing.T) {
	var v struct {
		A int `yaml:"a"`
		B struct {
			C string `yaml:"c"`
		} `yaml:"b"`
	}
	err := Decode("x.yaml", []byte("a: no\nb:\n  c: hi\n  d: 1\nzz: 3\n"), &v)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"x.yaml:1", "x.yaml:4", "d", "x.yaml:5", "zz"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if err := Decode("x.yaml", []byte("a: [\n"), &v); err == nil || !strings.Contains(err.Error(), "x.yaml") {
		t.Errorf("syntax error: %v", err)
	}
	if err := Decode("x.yaml", []byte("a: 1\n---\na: 2\n"), &v); err == nil {
		t.Error("two documents were accepted")
	}
}
