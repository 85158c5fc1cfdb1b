package cli


type promptKind int

const (
	promptOff promptKind = iota
	promptOn
	promptPartial
)

func (a *app) promptMode([]string) (promptKind, error)        { return promptOff, nil }
func (a *app) prompt(args []string) ([]string, error)         { return args, nil }
func (a *app) completion([]string) int                        { return 0 }
func (a *app) complete() int                                  { return 0 }
func (a *app) chat([]string) int                              { return 0 }
