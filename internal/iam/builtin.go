package iam

// The policies that every account has.
const (
	AdministratorAccess = "AdministratorAccess" // everything
	fullAccess          = "IVSFullAccess"       // all of chat
	ReadOnlyAccess      = "IVSReadOnlyAccess"   // chat's Get and List
)

// builtin returns the document of a policy that every account has.
func builtin(name string) (string, bool) {
	switch name {
	case AdministratorAccess:
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, true
	case fullAccess:
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ivschat:*","Resource":"*"}}`, true
	case ReadOnlyAccess:
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ivschat:Get*","ivschat:List*"],"Resource":"*"}}`, true
	}
	return "", false
}

// builtins reads the policies that every account has.
func builtins() map[string]*Policy {
	read := make(map[string]*Policy)
	for _, name := range []string{AdministratorAccess, fullAccess, ReadOnlyAccess} {
		document, _ := builtin(name)
		p, err := NewPolicy("aws", name, []byte(document))
		if err != nil {
			p = &Policy{Account: "aws", Name: name, statements: denyAll()}
		}
		read[name] = p
	}
	return read
}
