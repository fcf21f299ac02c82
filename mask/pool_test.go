package mask

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// What is lent again holds nothing of the body before.
func TestNothingPersonalIsLentAgain(t *testing.T) {
	p := plan(t, Spec{Search: Default()})
	r := p.rewriter()
	r.reset(io.Discard, strings.NewReader(`["`+strings.Repeat("x", windowSize)+`","请打 13812345678 找张伟","nothing in it"]`), p, func(Record) {})
	if err := r.document(false); err != nil {
		t.Fatal(err)
	}
	r.finish()
	if r.clean == (cleanMemo{}) {
		t.Error("no text is remembered: nothing is tested")
	}
	r.release()
	if r.clean != (cleanMemo{}) {
		t.Error("a text is still remembered")
	}
	for name, held := range map[string][]byte{"buf": r.buf, "out": r.out[:cap(r.out)], "masked": r.masked[:cap(r.masked)], "decoded": r.decoded[:cap(r.decoded)], "quoted": r.quoted[:cap(r.quoted)]} {
		if bytes.Contains(held, []byte("1381234")) || bytes.Contains(held, []byte("张伟")) {
			t.Errorf("%s still holds it", name)
		}
	}
}
