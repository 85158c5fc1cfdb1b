package cli

func (a *app) chat([]string) int { return 0 }
