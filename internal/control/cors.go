package control

import (
	"net/http"
	"slices"
)

// cors lets the configured web origins call from a browser. It reports whether the
// request was a browser's question before the real one, and has been answered. The
// console needs none of it: it comes from our own origin.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	if len(s.cfg.Origins) == 0 {
		return false
	}
	h, origin := w.Header(), r.Header.Get("Origin")
	h.Add("Vary", "Origin")
	if origin == "" || !slices.Contains(s.cfg.Origins, origin) && !slices.Contains(s.cfg.Origins, "*") {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Date, X-Amzn-ErrorType, X-Amzn-RequestId")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "DELETE, GET, POST")
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
