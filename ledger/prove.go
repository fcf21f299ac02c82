package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
)

// ErrUnpublished means that an entry is not under a signed checkpoint yet; it
// will be within about a second.
var ErrUnpublished = errors.New("entry is not under a checkpoint yet")

// ErrNoLedger means that a directory holds no ledger.
var ErrNoLedger = errors.New("no ledger here")

// Proof shows that an entry is in the log that a checkpoint commits to
// (RFC 6962 inclusion proof). In JSON, hashes are base64.
type Proof struct {
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"` // of the checkpoint
	LeafHash   []byte   `json:"leaf_hash"`
	Hashes     [][]byte `json:"hashes"`
	Checkpoint string   `json:"checkpoint"` // the signed note
}

// Prove proves the entry at index under the newest checkpoint of the ledger in
// dir, which may be open. The proof was checked before it is returned, under vkey;
// when that is empty, under the key in dir.
func Prove(ctx context.Context, dir, vkey string, index uint64) (Proof, error) {
	p, err := prove(ctx, dir, vkey, index)
	if err != nil {
		return Proof{}, fmt.Errorf("proving entry %d: %w", index, err)
	}
	return p, nil
}

func prove(ctx context.Context, dir, vkey string, index uint64) (Proof, error) {
	tlog := filepath.Join(dir, logDir)
	fetcher := client.FileFetcher{Root: tlog}
	if vkey == "" {
		var err error
		if vkey, err = readVerifier(dir); err != nil {
			return Proof{}, err
		}
	}
	raw, cp, err := ReadCheckpoint(dir, vkey)
	if err != nil {
		return Proof{}, err
	}
	if index >= cp.Size {
		return Proof{}, fmt.Errorf("%w: it is over %d entries", ErrUnpublished, cp.Size)
	}
	bundle, err := client.GetEntryBundle(ctx, fetcher.ReadEntryBundle, index/bundleWidth, cp.Size)
	if err != nil {
		return Proof{}, err
	}
	if uint64(len(bundle.Entries)) <= index%bundleWidth {
		return Proof{}, fmt.Errorf("%w: its bundle holds too few entries", ErrDamaged)
	}
	line := bundle.Entries[index%bundleWidth]
	builder, err := client.NewProofBuilder(ctx, cp.Size, fetcher.ReadTile)
	if err != nil {
		return Proof{}, err
	}
	hashes, err := builder.InclusionProof(ctx, index)
	if err != nil {
		return Proof{}, err
	}
	if hashes == nil {
		hashes = [][]byte{} // a log of one: an empty list, not null
	}
	p := Proof{Index: index, Size: cp.Size, LeafHash: rfc6962.DefaultHasher.HashLeaf(line), Hashes: hashes, Checkpoint: string(raw)}
	if err := VerifyProof(vkey, line, p); err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return p, nil
}

// Entries calls fn with the entries from index from on that the newest
// checkpoint covers, in order, and returns the size under it. The ledger in dir
// may be open. The entries are not checked against the checkpoint; Verify does.
func Entries(ctx context.Context, dir string, from uint64, fn func(index uint64, line []byte) error) (uint64, error) {
	_, cp, err := ReadCheckpoint(dir, "")
	if err != nil {
		return 0, err
	}
	if from > cp.Size {
		return 0, fmt.Errorf("reading ledger: %w: %d of %d", ErrRange, from, cp.Size)
	}
	fetcher := client.FileFetcher{Root: filepath.Join(dir, logDir)}
	for at := from; at < cp.Size; {
		bundle, err := client.GetEntryBundle(ctx, fetcher.ReadEntryBundle, at/bundleWidth, cp.Size)
		if err != nil {
			return 0, fmt.Errorf("reading ledger: %w", err)
		}
		if uint64(len(bundle.Entries)) <= at%bundleWidth {
			return 0, fmt.Errorf("reading ledger: %w: the bundle of entry %d holds too few", ErrDamaged, at)
		}
		for _, line := range bundle.Entries[at%bundleWidth:] {
			if at == cp.Size {
				break
			}
			if err := fn(at, line); err != nil {
				return 0, err
			}
			at++
		}
	}
	return cp.Size, nil
}

// VerifyProof checks p against a verifier key obtained from elsewhere. With line
// it also checks that the entry is that line; nil leaves it at the leaf hash.
func VerifyProof(vkey string, line []byte, p Proof) error {
	cp, err := ParseCheckpoint([]byte(p.Checkpoint), vkey)
	switch {
	case err != nil:
		return fmt.Errorf("verifying proof: checkpoint: %w", err)
	case cp.Size != p.Size:
		return fmt.Errorf("verifying proof: checkpoint is over %d entries, not %d", cp.Size, p.Size)
	case line != nil && !bytes.Equal(rfc6962.DefaultHasher.HashLeaf(line), p.LeafHash):
		return errors.New("verifying proof: the line is not the one recorded")
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, p.Size, p.LeafHash, p.Hashes, cp.Root); err != nil {
		return fmt.Errorf("verifying proof: %w", err)
	}
	return nil
}

// ReadCheckpoint reads the newest checkpoint of the ledger in dir, which may be
// open, and checks its signature; an empty vkey is the one beside the record.
// ErrDamaged means that it is not the key's.
func ReadCheckpoint(dir, vkey string) ([]byte, Signed, error) {
	if _, err := os.Stat(filepath.Join(dir, logDir)); errors.Is(err, fs.ErrNotExist) {
		return nil, Signed{}, fmt.Errorf("%w: %s", ErrNoLedger, dir)
	}
	var err error
	if vkey == "" {
		if vkey, err = readVerifier(dir); err != nil {
			return nil, Signed{}, err
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, logDir, layout.CheckpointPath))
	if err != nil {
		return nil, Signed{}, fmt.Errorf("reading checkpoint: %w", err)
	}
	cp, err := ParseCheckpoint(raw, vkey)
	if err != nil {
		return nil, Signed{}, fmt.Errorf("%w: checkpoint: %w", ErrDamaged, err)
	}
	return raw, cp, nil
}

// readVerifier reads the verifier key kept beside a ledger.
func readVerifier(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, logDir)); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s", ErrNoLedger, dir)
	}
	raw, err := os.ReadFile(filepath.Join(dir, vkeyFile))
	if err != nil {
		return "", fmt.Errorf("reading verifier key: %w", err)
	}
	vkey, ok := strings.CutSuffix(string(raw), "\n")
	if !ok {
		return "", fmt.Errorf("%w: %s is not one line", ErrDamaged, vkeyFile)
	}
	if _, err := parseVerifier(vkey); err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrDamaged, vkeyFile, err)
	}
	return vkey, nil
}
