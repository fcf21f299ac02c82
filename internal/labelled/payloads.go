package labelled

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const tauBench = "tau-bench/tau_bench/envs/"

// together is how many records one body of a list holds.
const together = 20

// Payloads reads JSON bodies as APIs return them: users and orders of tau-bench,
// the examples of WooCommerce's documentation and Shopify's fixtures.
//
// What a member holds is decided by rules written by hand for each. A city, a
// state, a post code, a company, a user's id, the last digits of a card and
// JSON within a string are ignored.
func Payloads(dir string) ([]Set, error) {
	var out []Set
	for _, s := range []struct {
		name, file string
		n          int
	}{
		{"tau-retail-users", "retail/data/users.json", 1},
		{"tau-airline-users", "airline/data/users.json", together},
		{"tau-retail-orders", "retail/data/orders.json", together},
	} {
		set, err := tauRecords(dir, s.name, tauBench+s.file, s.n)
		if err != nil {
			return nil, err
		}
		out = append(out, set)
	}
	woo, err := payloadFiles(dir, "woocommerce-json", wooRule, nil)
	if err != nil {
		return nil, err
	}
	shopify, err := payloadFiles(dir, "shopify-fixtures/fixtures", shopifyRule, []string{
		// Not JSON, and meant not to be.
		"orderlineitems/properties_invalid0.json", "shippinglines/requested_fulfillment_service_id_invalid.json",
	})
	if err != nil {
		return nil, err
	}
	woo.Name, shopify.Name = "woocommerce", "shopify"
	return append(out, woo, shopify), nil
}

// tauRecords makes bodies of the records of a file: one each, or lists of n.
func tauRecords(dir, name, file string, n int) (Set, error) {
	set := Set{Name: name, JSON: true, Classes: Classes(), Note: "one user a body"}
	if n > 1 {
		set.Note = fmt.Sprintf("lists of %d", n)
	}
	f, err := read(dir, file)
	if err != nil {
		return Set{}, err
	}
	records, err := elements(f)
	if err != nil {
		return Set{}, err
	}
	for some := range slices.Chunk(records, n) {
		body := []byte(some[0])
		if n > 1 {
			body = slices.Concat([]byte("[\n"), joinValues(some), []byte("\n]\n"))
		}
		t, _, err := labelBody(body, tauRule)
		if err != nil {
			return Set{}, f.fault(0, "reading a record: %w", err)
		}
		set.Texts = append(set.Texts, t)
	}
	return set, nil
}

func joinValues(values []jsontext.Value) []byte {
	raw := make([][]byte, len(values))
	for i, v := range values {
		raw[i] = v
	}
	return bytes.Join(raw, []byte(",\n"))
}

// payloadFiles labels every .json file below a folder, except those of skip.
func payloadFiles(dir, folder string, of rule, skip []string) (Set, error) {
	set := Set{
		JSON: true, Classes: classesBut(Coordinates, IP, Secret),
		Note: "invented customers, few of them, again and again; the loopback address is no person's",
	}
	root := os.DirFS(filepath.Join(dir, filepath.FromSlash(folder)))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading labelled texts: %w", err)
		}
		if d.IsDir() || path.Ext(name) != ".json" || slices.Contains(skip, name) {
			return nil
		}
		f, err := read(dir, path.Join(folder, name))
		if err != nil {
			return err
		}
		t, at, err := labelBody(f.data, of)
		if err != nil {
			return f.fault(at, "reading a body: %w", err)
		}
		set.Texts = append(set.Texts, t)
		return nil
	})
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// tauRule: users and orders of tau-bench.
func tauRule(path []string, _ jsontext.Value) string {
	switch member := end(path, 0); member {
	case "first_name", "last_name":
		return Name
	case "email":
		return Email
	case "dob":
		return BirthDate
	case "address1", "address2":
		return Address
	case "city", "state", "zip", "country", "province", "user_id", "last_four":
		return ignored
	}
	return ""
}

// person tells whether a member of this name holds a person's contact data.
func person(member string) bool {
	switch member {
	case "billing", "shipping", "customer", "billing_address", "shipping_address", "default_address", "addresses",
		"customer_address", "destination", "destination_location", "origin_location":
		return true
	}
	return false
}

// contactRule is what the shops' bodies have in common.
func contactRule(path []string, v jsontext.Value) string {
	member, text := end(path, 0), content(v)
	switch member {
	case "first_name", "last_name":
		return Name
	case "address_1", "address_2", "address1", "address2":
		return Address
	case "phone":
		if strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") { // 555-555-SHIP
			return ignored
		}
		return IntlPhone
	case "email", "contact_email", "customer_email", "reviewer_email":
		return Email
	case "city", "state", "postcode", "postcodes", "zip", "country", "company", "province", "country_name":
		return ignored
	}
	if strings.Contains(text, "@") { // examples in a form, addresses in a link
		return ignored
	}
	return ""
}

// wooRule: WooCommerce.
func wooRule(path []string, v jsontext.Value) string {
	switch member := end(path, 0); member {
	case "reviewer", "reviewer_name":
		return Name
	case "customer_ip", "customer_ip_address":
		if text := content(v); strings.HasPrefix(text, "127.") || text == "::1" {
			return ignored
		}
		return IP
	case "username", "author", "author_name", "customer_user_agent", "avatar_url", "request_body", "response_body",
		"order_key", "cart_hash", "download_url", "delivery_url":
		return ignored
	}
	return contactRule(path, v)
}

// shopifyRule: Shopify.
func shopifyRule(path []string, v jsontext.Value) string {
	member, in, text := end(path, 0), end(path, 1), content(v)
	switch member {
	case "name":
		if text == "test address" {
			return ignored
		}
		if person(in) {
			return Name
		}
		if in == "origin" || in == "assigned_location" || in == "location" || in == "locations" || in == "shop" {
			return ignored
		}
	case "shop_owner":
		return Name
	case "from", "to":
		if strings.Contains(text, "@") {
			return Email
		}
	case "latitude", "longitude":
		if _, digits, _ := strings.Cut(text, "."); person(in) && len(digits) >= 4 {
			return Coordinates
		}
		return ignored
	case "access_token":
		return Secret
	case "authorization", "credit_card_number", "credit_card_bin", "token", "receipt":
		return ignored
	case "address":
		return ignored // of a webhook
	}
	return contactRule(path, v)
}
