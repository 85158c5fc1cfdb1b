package quota

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"

	"parlor/chat"
)

// Unlimited is the number of a quota that is lifted.
const Unlimited = -1

// Names of the profiles.
const (
	ProfileAWS = "aws" // the whole table
	ProfileDev = "dev" // the table without the rates of the control plane's operations
	ProfileOff = "off" // no limit at all
)

// Limits are the numbers in force: those of a profile, and what differs from them for
// everyone or for single accounts. The zero Limits is the profile aws.
type Limits struct {
	numbers  map[Name]int
	accounts map[string]map[Name]int // each complete
}

// Profile returns the limits of a profile as they stand.
func Profile(name string) (Limits, error) {
	numbers := map[Name]int{}
	for _, q := range table() {
		numbers[q.name] = q.aws
		lifted := name == ProfileOff || name == ProfileDev && q.kind == api
		if lifted {
			numbers[q.name] = Unlimited
		}
	}
	switch name {
	case ProfileAWS, ProfileDev, ProfileOff:
		return Limits{numbers: numbers}, nil
	}
	return Limits{}, fmt.Errorf("quota profile %q: want aws, dev or off", name)
}

// file is a quota file.
type file struct {
	Profile  string                  `json:"profile"`
	Quotas   map[Name]int            `json:"quotas"`
	Accounts map[string]map[Name]int `json:"accounts"`
}

// Parse reads a quota file: a profile, numbers that differ from it, and numbers that
// differ for single accounts. A name it doesn't know is an error.
func Parse(data []byte) (Limits, error) {
	f := file{Profile: ProfileAWS}
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		return Limits{}, fmt.Errorf("quota file: %w", err)
	}
	l, err := Profile(f.Profile)
	if err != nil {
		return Limits{}, err
	}
	if err := tune(l.numbers, f.Quotas); err != nil {
		return Limits{}, err
	}
	l.accounts = make(map[string]map[Name]int, len(f.Accounts))
	for account, numbers := range f.Accounts {
		if !chat.ValidAccount(account) {
			return Limits{}, fmt.Errorf("quota file: account %q is not twelve digits", account)
		}
		all := maps.Clone(l.numbers)
		if err := tune(all, numbers); err != nil {
			return Limits{}, fmt.Errorf("account %s: %w", account, err)
		}
		l.accounts[account] = all
	}
	return l, nil
}

// tune overlays numbers on all.
func tune(all, numbers map[Name]int) error {
	for name, n := range numbers {
		if _, ok := all[name]; !ok {
			return fmt.Errorf("quota file: no quota is called %q", name)
		}
		if n < Unlimited {
			return fmt.Errorf("quota file: %s: %d is neither a number of things nor -1 for no limit", name, n)
		}
		if name == ReviewTimeout && n == 0 {
			return errors.New("quota file: ReviewTimeout: no review can be done in 0 ms")
		}
		all[name] = n
	}
	return nil
}

// Of returns the number in force for an account, or Unlimited. A name outside the
// table has no limit.
func (l Limits) Of(account string, n Name) int {
	numbers := l.numbers
	if len(l.accounts) > 0 {
		if own, ok := l.accounts[account]; ok {
			numbers = own
		}
	}
	if v, ok := numbers[n]; ok {
		return v
	}
	return Unlimited
}

// ReviewTimeout returns how long a message review of an account may take, 0 where no
// quota says.
func (l Limits) ReviewTimeout(account string) time.Duration {
	return max(0, time.Duration(l.Of(account, ReviewTimeout))*time.Millisecond)
}
