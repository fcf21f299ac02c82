package httpproxy

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

// A form with stand-ins in it is saved as it was loaded, whatever it holds.
func TestStandInsThroughTheDoor(t *testing.T) {
	const guest = `{"id":"u-1","name":"张三丰","phone":"13812345678","born":"1990-03-07","note":"wife: 139 1234 5678, w@example.com"}`
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Callback", "13812345678")
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(guest))
		}
	})
	resp, shown := d.get("/api/guests/u-1", "trainee")
	for _, raw := range []string{"张", "138", "139", "03-07", "w@"} {
		if strings.Contains(shown, raw) {
			t.Errorf("%s is left in %s", raw, shown)
		}
	}
	var got struct{ Name, Phone, Born, Note string }
	if err := json.Unmarshal([]byte(shown), &got); err != nil {
		t.Fatal(err)
	}
	if !mask.IsAlias(got.Name) || len(got.Phone) != 11 || got.Phone[0] != '9' || got.Born != "199*-**-**" || resp.Header.Get("X-Callback") != got.Phone {
		t.Errorf("shown %s, header %q", shown, resp.Header.Get("X-Callback"))
	}
	put := func(ct, body string) (*http.Response, string) {
		t.Helper()
		d.body = ""
		resp, out, err := d.do(d.request("PUT", "/api/guests/u-1", "trainee", body, "Content-Type", ct))
		if err != nil {
			t.Fatal(err)
		}
		return resp, out
	}
	if resp, out := put("application/json", shown); resp.StatusCode != http.StatusOK || d.body != guest {
		t.Errorf("%d %s; the back office got %s", resp.StatusCode, out, d.body)
	}
	if resp, _ := put("application/x-www-form-urlencoded", "phone="+got.Phone); resp.StatusCode != http.StatusOK || d.body != "phone=13812345678" {
		t.Errorf("%d; the back office got %s", resp.StatusCode, d.body)
	}
	for ct, body := range map[string]string{
		"application/json":                  `{"nick":"` + got.Name + `"}`,
		"application/x-www-form-urlencoded": "shop=" + got.Name,
		"multipart/form-data; boundary=x":   "--x\r\n\r\n" + got.Phone + "\r\n--x--",
		"text/plain":                        "he is " + got.Name,
	} {
		resp, out := put(ct, body)
		d.refused(resp, out, http.StatusConflict, gateway.CauseMaskInWrite)
		if d.body != "" {
			t.Errorf("%s: a mask reached the back office", ct)
		}
	}
	// Another role sees phones and e-mail otherwise, and the same pseudonym.
	_, other := d.get("/api/guests/u-1", "agent")
	var seen struct{ Name, Phone string }
	if err := json.Unmarshal([]byte(other), &seen); err != nil || seen.Name != got.Name || seen.Phone != "138****5678" {
		t.Errorf("%s, %v", other, err)
	}
}
