package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

func main() {
	profile := `{"profile":"dev"}`
	for i, a := range os.Args {
		if a == "--quotas" {
			profile = `{"profile":"` + os.Args[i+1] + `"}`
		}
	}
	keys, err := iam.ParseFile([]byte("{}"), "000000000000")
	if err != nil {
		panic(err)
	}
	if err := keys.AddUser(iam.User{Account: "000000000000", Name: "dev", Policies: []string{iam.AdministratorAccess}}, iam.Key{ID: "PARLORDEVACCESSKEY", Secret: "parlor-dev-secret"}); err != nil {
		panic(err)
	}
	limits, err := quota.Parse([]byte(profile))
	if err != nil {
		panic(err)
	}
	h, err := control.New(control.Deps{
		Auth: iam.NewAuthenticator(keys, iam.Config{}), Quotas: quota.New(quota.Config{Limits: limits}),
		Rooms: &chattest.Rooms{}, Logging: &chattest.LoggingConfigurations{}, Tokens: chattest.Mint{}, Hub: &chattest.Hub{},
	}, control.Config{})
	if err != nil {
		panic(err)
	}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println("http://" + l.Addr().String())
	go http.Serve(l, h)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
}
