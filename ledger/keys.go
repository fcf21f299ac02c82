package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	f_log "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

const (
	logDir   = "ledger"
	walDir   = "wal"
	keyDir   = "keys"
	keyFile  = keyDir + "/ledger.key"
	vkeyFile = keyDir + "/ledger.vkey"
	lockFile = walDir + "/lock"
	tempExt  = ".tmp"
)

// openKeys reads the signer of the ledger in dir and its verifier key. With
// create it makes them where there is none yet.
func openKeys(dir, origin string, create bool) (note.Signer, string, error) {
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		if origin == "" {
			origin = DefaultOrigin
		}
		if text, err = newKey(path, origin); err != nil {
			return nil, "", fmt.Errorf("making the signing key: %w", err)
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the signing key: %w", err)
	}
	signer, vkey, err := parseKey(text)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	if origin != "" && origin != signer.Name() {
		return nil, "", fmt.Errorf("the ledger's origin is %q, not %q", signer.Name(), origin)
	}
	// The public half is only a convenience for others: it is made again from
	// the private one if a crash came between the two.
	vpath := filepath.Join(dir, vkeyFile)
	public, err := os.ReadFile(vpath)
	if errors.Is(err, fs.ErrNotExist) {
		return signer, vkey, writeFile(vpath, []byte(vkey+"\n"), 0o644)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the verifier key: %w", err)
	}
	if string(public) != vkey+"\n" {
		return nil, "", fmt.Errorf("%w: %s is not the public half of %s", ErrDamaged, vpath, keyFile)
	}
	return signer, vkey, nil
}

// ValidOrigin reports whether a ledger may have that name: notes allow no blanks
// and no plus sign in it.
func ValidOrigin(origin string) bool {
	skey, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return false
	}
	_, _, err = parseKey([]byte(skey + "\n"))
	return err == nil
}

func newKey(path, origin string) ([]byte, error) {
	skey, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	text := []byte(skey + "\n")
	if _, _, err := parseKey(text); err != nil { // a name that notes do not allow
		return nil, fmt.Errorf("origin %q: %w", origin, err)
	}
	return text, writeFile(path, text, 0o600)
}

// parseKey reads a note signer's text and derives the verifier key. It accepts
// only the one spelling that is written.
func parseKey(text []byte) (note.Signer, string, error) {
	skey, ok := strings.CutSuffix(string(text), "\n")
	if !ok {
		return nil, "", errors.New("not a note signer key on one line")
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, "", errors.New("not a note signer key")
	}
	parts := strings.SplitN(skey, "+", 5)
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, "", errors.New("not an Ed25519 note signer key")
	}
	if parts[3] != fmt.Sprintf("%08x", signer.KeyHash()) {
		return nil, "", errors.New("the key's hash is spelled differently from how it is written")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	return signer, vkey, err
}

// parseVerifier reads a verifier key in the one spelling that is written.
func parseVerifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, errors.New("not a note verifier key")
	}
	parts := strings.SplitN(vkey, "+", 3)
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || vkey != fmt.Sprintf("%s+%08x+%s", v.Name(), v.KeyHash(), base64.StdEncoding.EncodeToString(raw)) {
		return nil, errors.New("the verifier key is spelled differently from how it is written")
	}
	return v, nil
}

// Signed is what a checkpoint commits to.
type Signed struct {
	Origin string
	Size   uint64
	Root   []byte
}

// ParseCheckpoint reads a signed checkpoint under a verifier key. It accepts
// only the bytes that signing produces, so that no two differ in a byte and
// both pass; a signature by an unknown key is refused too.
func ParseCheckpoint(raw []byte, vkey string) (Signed, error) {
	v, err := parseVerifier(vkey)
	if err != nil {
		return Signed{}, err
	}
	n, err := note.Open(raw, note.VerifierList(v))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return Signed{}, fmt.Errorf("not signed by %s", v.Name())
	case err != nil:
		return Signed{}, errors.New("signature does not match") // note's errors repeat input
	case len(n.UnverifiedSigs) > 0:
		return Signed{}, errors.New("a signature is by an unknown key")
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	canonical := n.Text + "\n— " + v.Name() + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	if err != nil || string(raw) != canonical {
		return Signed{}, errors.New("signature is spelled differently from how it is written")
	}
	var cp f_log.Checkpoint
	if rest, err := cp.Unmarshal([]byte(n.Text)); err != nil || len(rest) > 0 || string(cp.Marshal()) != n.Text {
		return Signed{}, errors.New("not a checkpoint")
	}
	if cp.Origin != v.Name() {
		return Signed{}, errors.New("the origin is not the signer's name")
	}
	return Signed{Origin: cp.Origin, Size: cp.Size, Root: cp.Hash}, nil
}

// sign makes a checkpoint's note.
func sign(signer note.Signer, size uint64, root []byte) ([]byte, error) {
	cp := f_log.Checkpoint{Origin: signer.Name(), Size: size, Hash: root}
	return note.Sign(&note.Note{Text: string(cp.Marshal())}, signer)
}
