// Verifies a log of louver with golang.org/x/mod/sumdb, the code that Go's own checksum database is verified with.
//
//	verify-go log DIR [OLDER]                          a whole log, against an older checkpoint if one is given
//	verify-go inclusion PROOF RECORD VKEY              a C2SP tlog-proof
//	verify-go consistency PROOF OLDER VKEY             a proof in the form of a C2SP add-checkpoint request
//
// Everything is a file. Exit status: 0 verified, 1 something is wrong.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "NOT verified:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "log":
		return verifyLog(args[1], "")
	case len(args) == 3 && args[0] == "log":
		return verifyLog(args[1], args[2])
	case len(args) == 4 && args[0] == "inclusion":
		return verifyInclusion(args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "consistency":
		return verifyConsistency(args[1], args[2], args[3])
	}
	return fmt.Errorf("usage: verify-go log DIR [OLDER] | inclusion PROOF RECORD VKEY | consistency PROOF OLDER VKEY")
}

// checkpoint opens a signed checkpoint: its size and root.
func checkpoint(text []byte, vkey string) (int64, tlog.Hash, error) {
	var root tlog.Hash
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return 0, root, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 || lines[0] != verifier.Name() {
		return 0, root, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, root, err
	}
	root, err = tlog.ParseHash(lines[2])
	return size, root, err
}

// numbered is the path of a tile or bundle, as tlog-tiles writes it.
func numbered(index int64) string {
	text := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		text = fmt.Sprintf("x%03d/%s", index%1000, text)
	}
	return text
}

// read gives a tile or bundle: the partial one of this width, or the full one.
func read(dir, kind string, index int64, has int64) ([]byte, error) {
	path := filepath.Join(dir, "tile", kind, numbered(index))
	if has < width {
		if data, err := os.ReadFile(filepath.Join(path+".p", strconv.FormatInt(has, 10))); err == nil {
			return data, nil
		}
	}
	return os.ReadFile(path)
}

func verifyLog(dir, older string) error {
	vkey, err := os.ReadFile(filepath.Join(dir, "vkey"))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	size, root, err := checkpoint(text, string(vkey))
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, hashes[index])
		}
		return out, nil
	})
	for number := int64(0); number < size; {
		bundle, has := number/width, size-number
		if has > width {
			has = width
		}
		data, err := read(dir, "entries", bundle, has)
		if err != nil {
			return err
		}
		tile, err := read(dir, "0", bundle, has)
		if err != nil {
			return err
		}
		for at := int64(0); at < has; at++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("record %d is missing", number)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			stored, err := tlog.StoredHashes(number, data[2:end], reader)
			if err != nil {
				return err
			}
			if len(tile) < int(at+1)*32 || string(tile[at*32:(at+1)*32]) != string(stored[0][:]) {
				return fmt.Errorf("record %d is not the one in the tree", number)
			}
			hashes = append(hashes, stored...)
			data = data[end:]
			number++
		}
		if len(data) != 0 {
			return fmt.Errorf("after record %d there are %d bytes that belong to no record", number-1, len(data))
		}
	}
	computed, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	if computed != root {
		return fmt.Errorf("the records do not have the root of the checkpoint")
	}
	if older != "" {
		text, err := os.ReadFile(older)
		if err != nil {
			return err
		}
		oldSize, oldRoot, err := checkpoint(text, string(vkey))
		if err != nil {
			return fmt.Errorf("the older checkpoint: %w", err)
		}
		if oldSize > size {
			return fmt.Errorf("records %d to %d are gone", size, oldSize-1)
		}
		proof, err := tlog.ProveTree(size, oldSize, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, size, root, oldSize, oldRoot); err != nil {
			return fmt.Errorf("the log does not continue the older checkpoint: %w", err)
		}
	}
	fmt.Printf("verified: %d records, root %s\n", size, root)
	return nil
}

// parts reads the head of a proof, its hashes and the checkpoint after it.
func parts(path string, head int) (lines []string, hashes []tlog.Hash, signed []byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, nil, err
	}
	before, after, found := strings.Cut(string(text), "\n\n")
	lines = strings.Split(before, "\n")
	if !found || len(lines) < head {
		return nil, nil, nil, fmt.Errorf("not a proof")
	}
	for _, line := range lines[head:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, nil, nil, err
		}
		hashes = append(hashes, hash)
	}
	return lines[:head], hashes, []byte(after), nil
}

func verifyInclusion(proof, record, vkey string) error {
	lines, hashes, signed, err := parts(proof, 2)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a tlog-proof")
	}
	key, err := os.ReadFile(vkey)
	if err != nil {
		return err
	}
	size, root, err := checkpoint(signed, string(key))
	if err != nil {
		return err
	}
	data, err := os.ReadFile(record)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(hashes, size, root, index, tlog.RecordHash(data)); err != nil {
		return err
	}
	fmt.Printf("verified: record %d of %d\n", index, size)
	return nil
}

func verifyConsistency(proof, older, vkey string) error {
	lines, hashes, signed, err := parts(proof, 1)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(vkey)
	if err != nil {
		return err
	}
	size, root, err := checkpoint(signed, string(key))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(older)
	if err != nil {
		return err
	}
	oldSize, oldRoot, err := checkpoint(text, string(key))
	if err != nil {
		return fmt.Errorf("the older checkpoint: %w", err)
	}
	if lines[0] != fmt.Sprintf("old %d", oldSize) {
		return fmt.Errorf("the proof is not from the older checkpoint")
	}
	if err := tlog.CheckTree(hashes, size, root, oldSize, oldRoot); err != nil {
		return err
	}
	fmt.Printf("verified: %d records continue %d\n", size, oldSize)
	return nil
}
