package metric_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"parlor/internal/metric"
)

const top = "../.."

// names returns the value of each constant in name.go by its name.
func names(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "name.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 {
			if value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value); err == nil && strings.Contains(value, "_") {
				out[spec.Names[0].Name] = value
			}
		}
		return true
	})
	return out
}

// registered finds the calls in Parlor's code that make metrics, and returns the labels
// of each metric by its name.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	byConst, out := names(t), make(map[string][]string)
	err := filepath.WalkDir(filepath.Join(top, "internal"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name, labels, ok := made(n, byConst); ok {
				out[name] = labels
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// made reads set.Counter(metric.Name, help, labels...) and its like.
func made(n ast.Node, byConst map[string]string) (name string, labels []string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return "", nil, false
	}
	how, ok1 := call.Fun.(*ast.SelectorExpr)
	what, ok2 := call.Args[0].(*ast.SelectorExpr)
	if !ok1 || !ok2 {
		return "", nil, false
	}
	kind := how.Sel.Name
	if !slices.Contains([]string{"Counter", "Gauge", "Histogram", "GaugeFunc", "CounterFunc"}, kind) || byConst[what.Sel.Name] == "" {
		return "", nil, false
	}
	for _, arg := range call.Args[2:] {
		if lit, ok := arg.(*ast.BasicLit); ok {
			label, _ := strconv.Unquote(lit.Value)
			labels = append(labels, label)
		}
	}
	if kind == "Histogram" {
		labels = append(labels, "le")
	}
	return byConst[what.Sel.Name], labels, true
}

// Every name stands for a metric that is made somewhere, and docs/metrics.md has them all.
func TestNamesAreUsed(t *testing.T) {
	made := registered(t)
	page, err := os.ReadFile(filepath.Join(top, "docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for constant, name := range names(t) {
		if _, ok := made[name]; !ok {
			t.Errorf("%s (%s) is made nowhere", constant, name)
		}
		if !strings.Contains(string(page), "`"+name) {
			t.Errorf("docs/metrics.md does not speak of %s", name)
		}
	}
	for _, word := range regexp.MustCompile("`((?:parlor|ivschat)_[a-z_]+)").FindAllStringSubmatch(string(page), -1) {
		if _, ok := made[word[1]]; !ok {
			t.Errorf("docs/metrics.md speaks of %s, which does not exist", word[1])
		}
	}
}

// expressions returns every query of the dashboards and the alert rules by where it is.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	dashboards, err := filepath.Glob(filepath.Join(top, "deploy/grafana/*.json"))
	if err != nil || len(dashboards) == 0 {
		t.Fatal("no dashboards", err)
	}
	for _, path := range dashboards {
		var d struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		read(t, path, func(b []byte) error { return json.Unmarshal(b, &d) })
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				out[path+": "+p.Title+": "+q.Expr] = q.Expr
			}
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	read(t, filepath.Join(top, "deploy/prometheus/alerts.yml"), func(b []byte) error { return yaml.Unmarshal(b, &rules) })
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			out[r.Alert] = r.Expr
		}
	}
	return out
}

func read(t *testing.T, path string, decode func([]byte) error) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = decode(b)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

var (
	metricWord = regexp.MustCompile(`\b(?:parlor|ivschat|go|process)_[a-z_]+`)
	byLabels   = regexp.MustCompile(`by \(([a-z_, ]+)\)`)
	matchers   = regexp.MustCompile(`([a-z_]+)=~?"`)
	sums       = regexp.MustCompile(`[)\]}]\s*\+`)
)

// The dashboard and the alert rules use only metrics and labels that exist.
func TestDeployUsesWhatExists(t *testing.T) {
	exists := registered(t)
	for name := range runtimeMetrics(t) {
		exists[name] = nil
	}
	for where, expr := range expressions(t) {
		labels := []string{"job", "instance"}
		words := metricWord.FindAllString(expr, -1)
		if len(words) == 0 && !strings.HasPrefix(expr, "up{") {
			t.Errorf("%s: no metric in it", where)
		}
		for _, name := range words {
			of, ok := exists[name]
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base, cut := strings.CutSuffix(name, suffix); !ok && cut && slices.Contains(exists[base], "le") {
					of, ok = exists[base], true
				}
			}
			if !ok {
				t.Errorf("%s: there is no metric %s", where, name)
			}
			labels = append(labels, of...)
		}
		if sums.MatchString(expr) { // a counter with labels is not there until it has counted
			t.Errorf("%s: a sum says nothing while one of its sides is missing; join them with or", where)
		}
		for _, list := range byLabels.FindAllStringSubmatch(expr, -1) {
			for label := range strings.SplitSeq(list[1], ",") {
				check(t, where, strings.TrimSpace(label), labels)
			}
		}
		for _, m := range matchers.FindAllStringSubmatch(expr, -1) {
			check(t, where, m[1], labels)
		}
	}
}

func check(t *testing.T, where, label string, labels []string) {
	t.Helper()
	if !slices.Contains(labels, label) {
		t.Errorf("%s: no metric of it has the label %s, only %v", where, label, labels)
	}
}

// runtimeMetrics are those that every set has.
func runtimeMetrics(t *testing.T) map[string]bool {
	t.Helper()
	w := httptest.NewRecorder()
	metric.New().Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	out := make(map[string]bool)
	for line := range strings.Lines(w.Body.String()) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(name, "{")
			out[name] = true
		}
	}
	return maps.Clone(out)
}

// CloudWatch's ten metrics are all there, with its dimensions (behaviour.md §7;
// checklist 56).
func TestCloudWatchMetrics(t *testing.T) {
	made := registered(t)
	for name, label := range map[string]string{
		metric.ConcurrentChatConnections: "", metric.MessagingRequests: "", metric.MessagingDeliveries: "",
		metric.Requests: "action", metric.Deliveries: "action",
		metric.InvocationErrors: "uri", metric.ResponseValidationErrors: "uri",
		metric.LogDestinationErrors: "logging_configuration", metric.LogDestinationAccessDeniedError: "logging_configuration",
		metric.LogDestinationResourceNotFoundErrors: "logging_configuration",
	} {
		if labels, ok := made[name]; !ok || strings.Join(labels, " ") != label {
			t.Errorf("%s: exists %t, labels %v, want %q", name, ok, labels, label)
		}
	}
}
