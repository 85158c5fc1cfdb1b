package output

import "golang.org/x/text/width"

// cells returns how many columns the AWS CLI thinks s takes: two for a character
// that is wide, full width or ambiguous, else one.
func cells(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n++
		}
		n++
	}
	return n
}
