package client

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var errNoDate = errors.New("Unknown string format") //nolint:staticcheck // the reference's words

// parseDate reads a date as leniently as Python's dateutil: words and numbers in
// almost any order, what is missing taken from now's day at midnight. Zone says
// whether text names one that is known; the rest is then local to it.
func parseDate(text string, now time.Time) (t time.Time, zone bool, err error) {
	p := dateParser{tokens: dateTokens(text)}
	for len(p.tokens) > 0 {
		if !p.next() {
			return t, false, errNoDate
		}
	}
	year, month, day, err := p.date(now)
	if err != nil {
		return t, false, err
	}
	switch {
	case p.hour > 23:
		return t, false, errors.New("hour must be in 0..23")
	case p.minute > 59:
		return t, false, errors.New("minute must be in 0..59")
	case p.second > 59:
		return t, false, errors.New("second must be in 0..59")
	case p.offset <= -24*time.Hour || p.offset >= 24*time.Hour:
		return t, false, errors.New("offset must be strictly between -24 and 24 hours")
	}
	at := time.FixedZone("", int(p.offset/time.Second))
	return time.Date(year, time.Month(month), day, p.hour, p.minute, p.second, p.nanosecond, at), p.zoned, nil
}

// dateTokens splits text into runs of digits, runs of letters, and other signs.
func dateTokens(text string) []string {
	kind := func(r rune) int {
		switch {
		case unicode.IsDigit(r):
			return 1
		case unicode.IsLetter(r):
			return 2
		}
		return 0
	}
	var tokens []string
	last := 0
	for _, r := range text {
		k := kind(r)
		if k != 0 && k == last {
			tokens[len(tokens)-1] += string(r)
		} else {
			tokens = append(tokens, string(r))
		}
		last = k
	}
	return tokens
}

// A dateParser holds what is known of a date so far.
type dateParser struct {
	tokens  []string
	numbers []string // of the date, in the order met
	month   int      // that a word named, or 0
	monthAt int      // how many numbers came before it

	parted                           bool // by the letter that stands before a time
	timed                            bool
	hour, minute, second, nanosecond int
	zoned                            bool
	offset                           time.Duration
}

// peek returns the token n places on, or "".
func (p *dateParser) peek(n int) string {
	if n < len(p.tokens) {
		return p.tokens[n]
	}
	return ""
}

// next reads one thing, and says whether it makes sense in a date.
func (p *dateParser) next() bool {
	token := p.tokens[0]
	if c := token[0]; c >= '0' && c <= '9' {
		return p.number(token)
	}
	p.tokens = p.tokens[1:]
	switch {
	case (token == "+" || token == "-") && p.timed && !p.zoned && isNumber(p.peek(0)):
		return p.zone(token)
	case strings.Contains(" ,;-/.\t\n'", token):
		return true
	}
	return p.word(token)
}

// number reads a number: a time of day, if a colon follows or the date is there
// already, or else a part of the date.
func (p *dateParser) number(digits string) bool {
	p.tokens = p.tokens[1:]
	dated := len(p.numbers) >= 3 || p.month > 0 && len(p.numbers) >= 2 || p.parted && len(p.numbers) > 0
	meridiem := strings.ToLower(p.peek(0))
	if meridiem == " " {
		meridiem = strings.ToLower(p.peek(1))
	}
	switch {
	case p.peek(0) == ":" && !p.timed:
		return p.clock(digits)
	case !p.timed && (meridiem == "am" || meridiem == "pm"):
		p.timed, p.hour = true, atoi(digits)
	case dated && !p.timed && len(digits) <= 6 && len(digits)%2 == 0:
		p.compactClock(digits)
	case !dated && len(p.numbers) == 0 && len(digits) >= 8 && len(digits)%2 == 0 && len(digits) <= 14:
		p.numbers = []string{digits[:4], digits[4:6], digits[6:8]}
		if len(digits) > 8 {
			p.compactClock(digits[8:])
		}
	case len(digits) > 6 || dated:
		return false
	default:
		p.numbers = append(p.numbers, digits)
	}
	return true
}

// clock reads what follows the hour of 15:04:05.000.
func (p *dateParser) clock(hour string) bool {
	minute := p.peek(1)
	if !isNumber(minute) {
		return false
	}
	p.timed, p.hour, p.minute = true, atoi(hour), atoi(minute)
	p.tokens = p.tokens[2:]
	if p.peek(0) == ":" && isNumber(p.peek(1)) {
		p.second = atoi(p.peek(1))
		p.tokens = p.tokens[2:]
		p.fraction()
	}
	return true
}

// compactClock reads 15, 1504 or 150405.
func (p *dateParser) compactClock(digits string) {
	p.timed, p.hour = true, atoi(digits[:2])
	if len(digits) >= 4 {
		p.minute = atoi(digits[2:4])
	}
	if len(digits) >= 6 {
		p.second = atoi(digits[4:6])
		p.fraction()
	}
}

// fraction reads the part of a second that may follow: microseconds, no rounding.
func (p *dateParser) fraction() {
	if (p.peek(0) == "." || p.peek(0) == ",") && isNumber(p.peek(1)) {
		p.nanosecond = atoi((p.peek(1) + "000000")[:6]) * 1000
		p.tokens = p.tokens[2:]
	}
}

// zone reads 02, 0200 or 02:00 behind a sign.
func (p *dateParser) zone(sign string) bool {
	digits := p.peek(0)
	p.tokens = p.tokens[1:]
	hours, minutes := digits[:min(2, len(digits))], digits[min(2, len(digits)):]
	if p.peek(0) == ":" && isNumber(p.peek(1)) {
		minutes = p.peek(1)
		p.tokens = p.tokens[2:]
	}
	if len(minutes) > 2 {
		return false
	}
	p.zoned, p.offset = true, time.Duration(atoi(hours))*time.Hour+time.Duration(atoi(minutes))*time.Minute
	if sign == "-" {
		p.offset = -p.offset
	}
	return true
}

// word reads a name: of a month, a day of the week, a zone, or one that only
// stands between.
func (p *dateParser) word(w string) bool {
	name := strings.ToLower(w)
	switch name {
	case "z", "utc", "gmt":
		p.zoned = true
		return p.timed
	case "am", "pm":
		p.hour %= 12
		if name == "pm" {
			p.hour += 12
		}
		return p.timed
	case "t":
		p.parted = true
		return true
	case "at", "on", "and", "ad", "of", "st", "nd", "rd", "th", "m":
		return true
	}
	for m := time.January; m <= time.December; m++ {
		if full := strings.ToLower(m.String()); name == full || name == full[:3] || name == "sept" && m == time.September {
			p.month, p.monthAt = int(m), len(p.numbers)
			return true
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := strings.ToLower(d.String()); name == full || name == full[:3] {
			return true
		}
	}
	// A zone that nobody knows is none.
	return p.timed && len(w) >= 3 && len(w) <= 5 && w == strings.ToUpper(w)
}

// date makes a date of the numbers and the month: the year first if it can't be
// anything else, then the month, unless it must be the day. The switch is long because
// people write dates in as many ways.
func (p *dateParser) date(now time.Time) (year, month, day int, err error) {
	year, month, day = now.Year(), int(now.Month()), now.Day()
	if len(p.numbers) == 0 && p.month == 0 && !p.timed {
		return 0, 0, 0, errors.New("String does not contain a date") //nolint:staticcheck // the reference's words
	}
	numbers := p.parts()
	if len(numbers) > 3 {
		return 0, 0, 0, errNoDate
	}
	yearFirst := len(numbers) > 0 && isYear(numbers[0])
	switch n := len(numbers); {
	case n == 3 && yearFirst:
		year, month, day = century(numbers[0], now), atoi(numbers[1]), atoi(numbers[2])
	case n == 3:
		year, month, day = century(numbers[2], now), atoi(numbers[0]), atoi(numbers[1])
		if month > 12 {
			month, day = day, month
		}
	case n == 2 && yearFirst:
		year, month = century(numbers[0], now), atoi(numbers[1])
	case n == 2 && isYear(numbers[1]):
		year, month = century(numbers[1], now), atoi(numbers[0])
	case n == 2:
		month, day = atoi(numbers[0]), atoi(numbers[1])
	case n == 1 && yearFirst:
		year = century(numbers[0], now)
	case n == 1 && p.month > 0:
		month = p.month
	case n == 1:
		day = atoi(numbers[0])
	}
	if year < 1 || year > 9999 {
		return 0, 0, 0, errors.New("year is out of range")
	}
	if month < 1 || month > 12 {
		return 0, 0, 0, errors.New("month must be in 1..12")
	}
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if len(numbers) < 3 && day == now.Day() {
		day = min(day, last)
	}
	if day < 1 || day > last {
		return 0, 0, 0, errors.New("day is out of range for month")
	}
	return year, month, day, nil
}

// parts returns the numbers of the date, the month that a word named among them:
// before the day.
func (p *dateParser) parts() []string {
	numbers := slices.Clone(p.numbers)
	if p.month == 0 || len(numbers) >= 3 {
		return numbers
	}
	numbers = slices.Insert(numbers, p.monthAt, strconv.Itoa(p.month))
	if p.monthAt == 1 && !isYear(numbers[0]) {
		numbers[0], numbers[1] = numbers[1], numbers[0]
	}
	return numbers
}

// isYear says whether a number can be nothing but a year.
func isYear(digits string) bool { return len(digits) > 2 || atoi(digits) > 31 }

// century completes a year of two digits to the one nearest to now.
func century(digits string, now time.Time) int {
	year := atoi(digits)
	if len(digits) > 2 {
		return year
	}
	year += now.Year() / 100 * 100
	switch {
	case year >= now.Year()+50:
		return year - 100
	case year < now.Year()-50:
		return year + 100
	}
	return year
}

func isNumber(token string) bool { return token != "" && token[0] >= '0' && token[0] <= '9' }

// atoi reads a token of digits; none are 0. One too long is a number too large for
// anything.
func atoi(digits string) int {
	if digits == "" {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1 << 30
	}
	return n
}
