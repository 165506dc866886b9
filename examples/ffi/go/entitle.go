// Package main calls the C ABI of entitle with cgo. This file is the wrapper; copy it.
package main

/*
#include <stdlib.h>
#include "entitle.h"
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// Failure is a call that failed: Status is a number of entitle.h, Details every finding as JSON.
type Failure struct {
	Status  int
	Message string
	Details string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %s", C.GoString(C.entitle_status_name(C.entitle_status(f.Status))), f.Message)
}

// call runs a function with an error of its own, so that goroutines need not share one.
func call(run func(*C.entitle_error) C.entitle_status) error {
	e := C.entitle_error_new()
	defer C.entitle_error_free(e)
	status := run(e)
	if status == C.ENTITLE_OK {
		return nil
	}
	var length C.size_t
	message := C.entitle_error_message(e, &length)
	failure := &Failure{Status: int(status), Message: C.GoStringN(message, C.int(length))}
	details := C.entitle_error_details(e, &length)
	failure.Details = C.GoStringN(details, C.int(length))
	return failure
}

// text lends Go bytes to C for one call; they hold no pointers, so the rules of cgo allow it.
func text(s string) (*C.char, C.size_t) {
	if s == "" {
		return nil, 0
	}
	bytes := []byte(s)
	return (*C.char)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes))
}

// Text is a policy text and the name that messages call it by.
type Text struct{ Name, Text string }

// Engine is a policy set that can be swapped while it is used, by any goroutine.
type Engine struct{ c *C.entitle_engine }

// sources copies the texts to C: an array of pointers to Go memory must not be passed.
func sources(texts []Text) (*C.entitle_source, func()) {
	size := C.size_t(unsafe.Sizeof(C.entitle_source{}))
	array := (*C.entitle_source)(C.calloc(C.size_t(len(texts)+1), size))
	all := unsafe.Slice(array, len(texts))
	for i, t := range texts {
		all[i].name = C.entitle_str{data: C.CString(t.Name), length: C.size_t(len(t.Name))}
		all[i].text = C.entitle_str{data: C.CString(t.Text), length: C.size_t(len(t.Text))}
	}
	return array, func() {
		for i := range all {
			C.free(unsafe.Pointer(all[i].name.data))
			C.free(unsafe.Pointer(all[i].text.data))
		}
		C.free(unsafe.Pointer(array))
	}
}

// OpenTexts opens policy texts in memory.
func OpenTexts(texts []Text) (*Engine, error) {
	array, free := sources(texts)
	defer free()
	engine := &Engine{}
	err := call(func(e *C.entitle_error) C.entitle_status {
		return C.entitle_engine_open_texts(array, C.size_t(len(texts)), &engine.c, e)
	})
	runtime.SetFinalizer(engine, func(x *Engine) { C.entitle_engine_free(x.c) })
	return engine, err
}

// Reload puts other texts in place; where they cannot be read the old ones stay.
func (x *Engine) Reload(texts []Text) error {
	array, free := sources(texts)
	defer free()
	defer runtime.KeepAlive(x)
	return call(func(e *C.entitle_error) C.entitle_status {
		return C.entitle_engine_reload_texts(x.c, array, C.size_t(len(texts)), e)
	})
}

// Snapshot is the policy set in use at one moment. Ids and profiles belong to it.
type Snapshot struct {
	c        *C.entitle_snapshot
	Policies int
}

// Snapshot takes the set in use now.
func (x *Engine) Snapshot() (*Snapshot, error) {
	s := &Snapshot{}
	defer runtime.KeepAlive(x)
	err := call(func(e *C.entitle_error) C.entitle_status { return C.entitle_engine_snapshot(x.c, &s.c, e) })
	if err != nil {
		return nil, err
	}
	runtime.SetFinalizer(s, func(s *Snapshot) { C.entitle_snapshot_free(s.c) })
	var count C.size_t
	err = call(func(e *C.entitle_error) C.entitle_status { return C.entitle_snapshot_counts(s.c, &count, nil, nil, e) })
	s.Policies = int(count)
	return s, err
}

// Policy looks a policy up, and says where its verdict stands.
func (s *Snapshot) Policy(name string) (id uint64, index int, err error) {
	data, length := text(name)
	defer runtime.KeepAlive(s)
	var policy C.entitle_policy
	var at C.size_t
	err = call(func(e *C.entitle_error) C.entitle_status {
		if status := C.entitle_snapshot_find_policy(s.c, data, length, &policy, e); status != C.ENTITLE_OK {
			return status
		}
		return C.entitle_policy_index(s.c, policy, &at, e)
	})
	return uint64(policy), int(at), err
}

// Rules are the rules of one day; goroutines may share them.
type Rules struct {
	c        *C.entitle_rules
	policies int
}

// Rules of a day.
func (s *Snapshot) Rules(day time.Time) (*Rules, error) {
	r := &Rules{policies: s.Policies}
	defer runtime.KeepAlive(s)
	days := C.int32_t(day.Unix() / 86400)
	err := call(func(e *C.entitle_error) C.entitle_status { return C.entitle_rules_at(s.c, days, &r.c, e) })
	runtime.SetFinalizer(r, func(r *Rules) { C.entitle_rules_free(r.c) })
	return r, err
}

// Profile is one household's facts.
type Profile struct{ c *C.entitle_profile }

// Profile reads one from JSON; facts that the vocabulary does not have are an error.
func (s *Snapshot) Profile(facts []byte) (*Profile, error) {
	p := &Profile{}
	defer runtime.KeepAlive(s)
	data, length := text(string(facts))
	err := call(func(e *C.entitle_error) C.entitle_status {
		return C.entitle_profile_from_json(s.c, data, length, C.ENTITLE_UNKNOWN_REJECT, nil, &p.c, e)
	})
	runtime.SetFinalizer(p, func(p *Profile) { C.entitle_profile_free(p.c) })
	return p, err
}

// Match gives every policy's verdict, as numbers of entitle.h.
func (r *Rules) Match(p *Profile) ([]uint8, error) {
	verdicts := make([]uint8, r.policies)
	defer runtime.KeepAlive(r)
	defer runtime.KeepAlive(p)
	err := call(func(e *C.entitle_error) C.entitle_status {
		return C.entitle_match(r.c, p.c, nil, (*C.entitle_verdict)(unsafe.Pointer(&verdicts[0])), C.size_t(r.policies), e)
	})
	return verdicts, err
}

// Explain gives one policy's result with its reasons.
func (r *Rules) Explain(p *Profile, policy uint64) (map[string]any, error) {
	out := C.entitle_text_new()
	defer C.entitle_text_free(out)
	defer runtime.KeepAlive(r)
	defer runtime.KeepAlive(p)
	err := call(func(e *C.entitle_error) C.entitle_status {
		return C.entitle_explain_json(r.c, p.c, C.entitle_policy(policy), out, e)
	})
	if err != nil {
		return nil, err
	}
	var length C.size_t
	data := C.entitle_text_data(out, &length)
	var found map[string]any
	err = json.Unmarshal(C.GoBytes(unsafe.Pointer(data), C.int(length)), &found)
	return found, err
}

// Version of the library.
func Version() string {
	if C.entitle_abi_version() != C.ENTITLE_ABI {
		panic("the library has another ABI than the header")
	}
	return C.GoString(C.entitle_version())
}
