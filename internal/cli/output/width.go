package output

import "golang.org/x/text/width"

// cells returns how many columns the AWS CLI thinks s takes: two for a character
// that is wide, full width or ambiguous, else one.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth || k == width.EastAsianAmbiguous {
			n++
		}
	}
	return n
}
