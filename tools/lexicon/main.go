// Lexicon builds mask/detect/lexicon.txt, the weights by which Chinese names are
// told from other words, from
//
//   - a dictionary of words with frequencies and parts of speech ("word frequency
//     pos" a line): data/dict/zh/s_1.txt of github.com/go-ego/gse (Apache-2.0);
//   - surnames with their frequencies ("surname<tab>frequency"): family_names.txt of
//     github.com/wainshine/Chinese-Names-Corpus (Apache-2.0);
//   - provinces, cities and counties ("code,name,…" a line): provinces.csv,
//     cities.csv and areas.csv of npm's china-division (WTFPL);
//   - traditional characters with their simplified forms: TSCharacters.txt of
//     OpenCC (Apache-2.0), as github.com/longbridgeapp/opencc ships it.
//
// What it writes holds no line of these files but single characters with
// weights, and words by their characters alone.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	dict := flag.String("dict", "", "words")
	families := flag.String("families", "", "surnames")
	trad := flag.String("traditional", "", "TSCharacters.txt")
	divisions := flag.String("divisions", "", "folder of provinces.csv, cities.csv, areas.csv")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*dict, *families, *trad, *divisions, *out); err != nil {
		fmt.Fprintln(os.Stderr, "lexicon:", err)
		os.Exit(1)
	}
}

type word struct {
	text []rune
	freq float64
	pos  string
}

func run(dict, families, trad, divisions, out string) error {
	words, err := readWords(dict)
	if err != nil {
		return err
	}
	tf := map[string]float64{}
	if err := lines(families, func(f []string) {
		if n, err := strconv.ParseFloat(f[1], 64); err == nil {
			tf[f[0]] = n
		}
	}); err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "# Weights of Chinese names, built by tools/lexicon; see there for its sources (Apache-2.0).")
	surnames(w, words, tf)
	given(w, words, tf)
	ordinary(w, words, tf)
	if err := places(w, divisions); err != nil {
		return err
	}
	if err := traditional(w, trad); err != nil {
		return err
	}
	return w.Flush()
}

func lines(file string, each func([]string)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if f := strings.Fields(s.Text()); len(f) >= 2 {
			each(f)
		}
	}
	return s.Err()
}

func han(r []rune) bool {
	return !slices.ContainsFunc(r, func(c rune) bool { return c < 0x4E00 || c > 0x9FFF })
}

func readWords(file string) ([]word, error) {
	var out []word
	err := lines(file, func(f []string) {
		n, err := strconv.ParseFloat(f[1], 64)
		r := []rune(f[0])
		if err != nil || len(f) < 3 || !han(r) {
			return
		}
		out = append(out, word{r, n, f[2]})
	})
	return out, err
}

func person(w word) bool { return strings.HasPrefix(w.pos, "nr") }

// general is how often a character stands in ordinary text.
func general(words []word) (map[rune]float64, float64) {
	n, sum := map[rune]float64{}, 0.0
	for _, w := range words {
		if person(w) {
			continue
		}
		for _, c := range w.text {
			n[c] += w.freq
			sum += w.freq
		}
	}
	return n, sum
}

func weight(p, q float64) int { return int(math.Round(10 * max(-6, min(6, math.Log(p/q))))) }

// surnames: single characters with the log of how much likelier they are as a
// surname than at the beginning of another word. Tenths of a nat.
func surnames(w *bufio.Writer, words []word, tf map[string]float64) {
	n, sum := general(words)
	total := 0.0
	for _, x := range tf {
		total += x
	}
	fmt.Fprintln(w, "[surnames]")
	var keys []string
	for s := range tf {
		if r := []rune(s); len(r) == 1 && han(r) && tf[s] >= 1 {
			keys = append(keys, s)
		}
	}
	slices.Sort(keys)
	for _, s := range keys {
		c := []rune(s)[0]
		fmt.Fprintf(w, "%s%d\n", s, weight(tf[s]/total, (n[c]+300)/sum))
	}
}

// given: characters with how much likelier they are in a given name than in
// ordinary text: the first of two, the second of two, the only one.
func given(w *bufio.Writer, words []word, tf map[string]float64) {
	n, sum := general(words)
	var at [3]map[rune]float64
	var total [3]float64
	for k := range at {
		at[k] = map[rune]float64{}
	}
	add := func(k int, c rune) { at[k][c]++; total[k]++ }
	for _, x := range words {
		if x.pos != "nr" || tf[string(x.text[0])] < 1 {
			continue
		}
		switch len(x.text) {
		case 2:
			add(2, x.text[1])
		case 3:
			add(0, x.text[1])
			add(1, x.text[2])
		}
	}
	fmt.Fprintln(w, "[given]")
	var keys []rune
	for c := range n {
		if n[c] >= 300 || at[0][c]+at[1][c]+at[2][c] >= 2 {
			keys = append(keys, c)
		}
	}
	slices.Sort(keys)
	for _, c := range keys {
		q := (n[c] + 300) / (sum + 300*float64(len(keys)))
		var v [3]int
		for k := range v {
			v[k] = weight((at[k][c]+0.3)/(total[k]+0.3*float64(len(keys))), q)
		}
		fmt.Fprintf(w, "%c%d,%d,%d\n", c, v[0], v[1], v[2])
	}
}

// ordinary: words that are no names although they begin or end with a surname.
func ordinary(w *bufio.Writer, words []word, tf map[string]float64) {
	fmt.Fprintln(w, "[words]")
	var keys []string
	for _, x := range words {
		first, last := string(x.text[0]), string(x.text[len(x.text)-1])
		switch n := len(x.text); {
		case person(x) || n < 2 || n > 4:
		case tf[first] >= 5 && x.freq >= []float64{0, 0, 40, 100, 300}[n]:
			keys = append(keys, string(x.text))
		case tf[last] >= 50 && n == 2 && x.freq >= 150:
			keys = append(keys, string(x.text))
		}
	}
	slices.Sort(keys)
	for _, s := range slices.Compact(keys) {
		fmt.Fprintln(w, s)
	}
}

// places: divisions to the county, each with its level, and the short names of
// provinces and cities.
func places(w *bufio.Writer, dir string) error {
	fmt.Fprintln(w, "[places]")
	level := map[string]int{"香港": 1, "香港特别行政区": 1, "澳门": 1, "澳门特别行政区": 1, "台湾": 1, "台湾省": 1, "台北市": 2, "高雄市": 2, "台中市": 2}
	for k, file := range []string{"provinces.csv", "cities.csv", "areas.csv"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(data), "\n")[1:] {
			f := strings.Split(line, ",")
			if len(f) < 2 {
				continue
			}
			name := strings.Trim(f[1], "\" \r")
			if !han([]rune(name)) || len([]rune(name)) < 2 || name == "市辖区" || strings.Contains(name, "直辖") {
				continue
			}
			add := func(s string) {
				if _, ok := level[s]; !ok {
					level[s] = k + 1
				}
			}
			add(name)
			if k < 2 {
				for _, tail := range []string{"维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市", "地区", "盟"} {
					if s, ok := strings.CutSuffix(name, tail); ok && len([]rune(s)) >= 2 {
						add(s)
						break
					}
				}
			}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(level)) {
		fmt.Fprintf(w, "%s%d\n", s, level[s])
	}
	return nil
}

func traditional(w *bufio.Writer, file string) error {
	fmt.Fprintln(w, "[traditional]")
	return lines(file, func(f []string) {
		from, to := []rune(f[0]), []rune(f[1])
		if len(from) == 1 && len(to) == 1 && han(from) && han(to) && from[0] != to[0] {
			fmt.Fprintf(w, "%s%s\n", f[0], f[1])
		}
	})
}
