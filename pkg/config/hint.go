package config

import (
	"fmt"
	"slices"
	"strings"
)

// unknownKey notes a key that the object does not have. It returns the key of
// the object that was probably meant, or nothing.
func (l *loader) unknownKey(s *shape, e entry) string {
	p := place{e.at.line, e.at.column, e.place.path}
	if l.full() {
		return ""
	}
	hint, meant := keyHint(l.root, s, e.key)
	where := e.at.path
	if where == "" {
		where = "the file"
	}
	message := fmt.Sprintf("unknown key %s in %s", show(e.key), where)
	if s.discreet {
		message = "unknown key in " + where
		if hint == "" || meant == "" {
			hint = "known: " + strings.Join(s.keys(), ", ") + "; a text that begins with { needs quotes"
		}
	}
	problem := Problem{File: l.file, Line: p.line, Column: p.column, Path: p.path, Message: message, Hint: hint}
	if len(l.problems) < maxProblems {
		l.problems = append(l.problems, problem)
	} else {
		l.problem(p, "", "is unknown")
	}
	return meant
}

// keyHint says what an unknown key of the object s probably means. meant is
// set when that is another key of the same object.
func keyHint(root, s *shape, key string) (hint, meant string) {
	for _, p := range s.Properties {
		if p.answersTo(key) {
			return p.didYouMean(""), p.key
		}
	}
	if path, p, ok := findKey(s, "", key); ok {
		return p.didYouMean(path), ""
	}
	var words []string
	owner := map[string]property{}
	for _, p := range s.Properties {
		for _, word := range append([]string{p.key}, p.synonyms...) {
			words, owner[word] = append(words, word), p
		}
	}
	if word := nearest(key, words); word != "" {
		p := owner[word]
		if word == p.key {
			// A typing error needs no advice.
			p.advice = ""
		}
		return p.didYouMean(""), p.key
	}
	if path, p, ok := findKey(root, "", key); ok {
		return p.didYouMean(path), ""
	}
	if len(s.Properties) > 0 {
		return "known: " + strings.Join(s.keys(), ", "), ""
	}
	return "", ""
}

// findKey looks for a key or one of its synonyms anywhere below s.
func findKey(s *shape, path, key string) (string, property, bool) {
	var in string
	var found *property
	s.walk(path, func(path string, p property) bool {
		if p.answersTo(key) {
			in, found = path, &p
		}
		return found == nil
	})
	if found == nil {
		return "", property{}, false
	}
	return in, *found, true
}

func (p property) answersTo(key string) bool {
	plainKey := plain(key)
	return plain(p.key) == plainKey ||
		slices.ContainsFunc(p.synonyms, func(s string) bool { return plain(s) == plainKey })
}

// didYouMean is the hint for a key that stands for this one, which is at home
// in the object at path.
func (p property) didYouMean(path string) string {
	if p.advice != "" {
		if path == "" {
			return p.advice
		}
		return "in " + show(path) + ": " + p.advice
	}
	return "did you mean " + show(join(path, p.key)) + "?"
}

// plain makes pageSize, page-size and page_size equal.
func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
}

// didYouMean is the hint for a name that is none of the known ones.
func didYouMean(name string, known []string) string {
	if word := nearest(name, known); word != "" {
		return "did you mean " + show(word) + "?"
	}
	const most = 20
	if len(known) > most {
		return fmt.Sprintf("%d are known", len(known))
	}
	if len(known) == 0 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// nearest returns the word that is most like s, or nothing when none is.
func nearest(s string, words []string) string {
	// A third of the letters may differ, so that short words do not match
	// everything. Long texts are no typing errors and would only cost time.
	const longest = 64
	if len(s) > longest {
		return ""
	}
	s = plain(s)
	best, bestDistance := "", max(1, len(s)/3)+1
	for _, word := range words {
		if len(word) > longest {
			continue
		}
		if d := distance(s, plain(word)); d < bestDistance {
			best, bestDistance = word, d
		}
	}
	if bestDistance >= len(s) {
		return ""
	}
	return best
}

// distance is the number of letters to insert, drop, change or swap with
// their neighbour to get from a to b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}
