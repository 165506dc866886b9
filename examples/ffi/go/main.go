// Runs the conformance kit through the C ABI with cgo; then matches from many goroutines while the policies are swapped.
// Debian: golang-go.
//
//	cd examples/ffi/go
//	CGO_CFLAGS=-I$ROOT/include CGO_LDFLAGS="-L$ROOT/target/release -lentitle" go build -o conformance .
//	LD_LIBRARY_PATH=$ROOT/target/release ./conformance $ROOT/tests/conformance
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"
)

type test struct {
	Name     string          `json:"name"`
	Policies []string        `json:"policies"`
	Profile  json.RawMessage `json:"profile"`
	AsOf     string          `json:"as_of"`
	Expect   map[string]any  `json:"expect"`
}

var verdicts = []string{"not_in_force", "eligible", "ineligible", "undetermined", "undetermined"}

func (t test) texts() []Text {
	var texts []Text
	for i, policy := range t.Policies {
		texts = append(texts, Text{fmt.Sprintf("%d.policy", i), policy})
	}
	return texts
}

func (t test) day() time.Time {
	day, err := time.Parse("2006-01-02", t.AsOf)
	if err != nil {
		panic(err)
	}
	return day
}

// each takes one part, by its path, of every entry of a list.
func each(found map[string]any, list string, path ...string) []any {
	all := []any{}
	for _, entry := range found[list].([]any) {
		for _, name := range path {
			entry = entry.(map[string]any)[name]
		}
		all = append(all, entry)
	}
	return all
}

func (t test) run() (wrong []string) {
	engine, err := OpenTexts(t.texts())
	if err != nil {
		return []string{t.Name + ": " + err.Error()}
	}
	snapshot, err := engine.Snapshot()
	if err != nil {
		return []string{t.Name + ": " + err.Error()}
	}
	rules, err1 := snapshot.Rules(t.day())
	profile, err2 := snapshot.Profile(t.Profile)
	policy, index, err3 := snapshot.Policy(t.Expect["policy"].(string))
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return []string{t.Name + ": " + err.Error()}
		}
	}
	found, err := rules.Match(profile)
	if err != nil || verdicts[found[index]] != t.Expect["verdict"] {
		wrong = append(wrong, fmt.Sprintf("%s: %v %v", t.Name, found, err))
	}
	why, err := rules.Explain(profile, policy)
	if err != nil {
		return append(wrong, t.Name+": "+err.Error())
	}
	is := map[string][]any{
		"missing":                  each(why, "missing", "fact"),
		"because":                  each(why, "because", "condition", "en"),
		"amounts":                  each(why, "amounts", "value"),
		"parameters_without_value": each(why, "parameters_without_value"),
	}
	for what, value := range is {
		if expected, ok := t.Expect[what]; ok && !reflect.DeepEqual(expected, value) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is %v", t.Name, what, value))
		}
	}
	return wrong
}

// service shares rules between goroutines while the policies are swapped.
func (t test) service() (wrong []string) {
	engine, err := OpenTexts(t.texts())
	if err != nil {
		return []string{err.Error()}
	}
	var group sync.WaitGroup
	var lock sync.Mutex
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 100; j++ {
				snapshot, err := engine.Snapshot()
				if err == nil {
					var rules *Rules
					var profile *Profile
					rules, err = snapshot.Rules(t.day())
					if err == nil {
						profile, err = snapshot.Profile(t.Profile)
					}
					if err == nil {
						_, err = rules.Match(profile)
					}
				}
				if err != nil {
					lock.Lock()
					wrong = append(wrong, err.Error())
					lock.Unlock()
				}
			}
		}()
	}
	old, _ := engine.Snapshot()
	profile, _ := old.Profile(t.Profile)
	for i := 0; i < 50; i++ {
		if err := engine.Reload(t.texts()); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	group.Wait()
	snapshot, _ := engine.Snapshot()
	rules, _ := snapshot.Rules(t.day())
	if _, err := rules.Match(profile); err == nil || !strings.HasPrefix(err.Error(), "ENTITLE_STALE") {
		wrong = append(wrong, fmt.Sprintf("a stale profile: %v", err))
	}
	err = engine.Reload([]Text{{"a.policy", "polcy tea"}})
	if failure, ok := err.(*Failure); !ok || !strings.Contains(failure.Details, `"line":1`) {
		wrong = append(wrong, fmt.Sprintf("a broken policy: %v", err))
	}
	return wrong
}

func main() {
	files, _ := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
	var wrong []string
	for i, file := range files {
		data, err := os.ReadFile(file)
		var t test
		if err == nil {
			err = json.Unmarshal(data, &t)
		}
		if err != nil {
			panic(err)
		}
		wrong = append(wrong, t.run()...)
		if i == 0 {
			wrong = append(wrong, t.service()...)
		}
	}
	for _, line := range wrong {
		fmt.Println(line)
	}
	fmt.Printf("Go, library %s: %d cases, %d wrong\n", Version(), len(files), len(wrong))
	if len(wrong) > 0 || len(files) < 30 {
		os.Exit(1)
	}
}
