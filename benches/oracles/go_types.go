// Call sites of a Go module and the definitions they mean, as go/types resolves them.
//
// usage: go run go_types.go ROOT > ORACLE.jsonl
//
// One line per definition, in the form grade_calls.py reads. A call site is the last name of what is called; a conversion counts as a
// call of its type. Its target is the function, method or type that go/types records for that name, if it is defined below ROOT. What
// is imported from elsewhere is replaced by an empty package, so calls that need its types are left out: nobody is judged by them.
package main

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

type site struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Test bool   `json:"test"`
}

type place struct {
	Path string `json:"path"`
	Line int    `json:"line"`
}

type definition struct {
	Symbol    string `json:"symbol"`
	Container string `json:"container"`
	Def       place  `json:"def"`
	Calls     []site `json:"calls"`
}

// loader checks packages of one module, and takes the others from the standard library or as empty.
type loader struct {
	root, module string
	files        *token.FileSet
	known        map[string]*types.Package
	standard     types.Importer
	found        map[place]*definition
}

func (l *loader) Import(path string) (*types.Package, error) {
	if known, ok := l.known[path]; ok {
		return known, nil
	}
	if path == l.module || strings.HasPrefix(path, l.module+"/") {
		folder := filepath.Join(l.root, strings.TrimPrefix(path, l.module))
		return l.check(path, folder, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }), nil
	}
	if !strings.Contains(strings.Split(path, "/")[0], ".") {
		if standard, err := l.standard.Import(path); err == nil {
			l.known[path] = standard
			return standard, nil
		}
	}
	empty := types.NewPackage(path, filepath.Base(path))
	empty.MarkComplete()
	l.known[path] = empty
	return empty, nil
}

func (l *loader) check(path, folder string, wanted func(string) bool) *types.Package {
	entries, _ := os.ReadDir(folder)
	byClause := map[string][]*ast.File{}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".go") && wanted(entry.Name()) {
			file, err := parser.ParseFile(l.files, filepath.Join(folder, entry.Name()), nil, parser.SkipObjectResolution)
			if err == nil {
				byClause[file.Name.Name] = append(byClause[file.Name.Name], file)
			}
		}
	}
	var biggest *types.Package
	most := 0
	for _, files := range byClause {
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
		config := types.Config{Importer: l, Error: func(error) {}, FakeImportC: true}
		checked, _ := config.Check(path, l.files, files, info)
		if len(files) > most {
			biggest, most = checked, len(files)
			l.known[path] = checked
		}
		for _, file := range files {
			l.record(file, info)
		}
	}
	if biggest == nil {
		biggest = types.NewPackage(path, filepath.Base(path))
	}
	return biggest
}

func (l *loader) record(file *ast.File, info *types.Info) {
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		callee := unwrapped(call.Fun)
		if index, ok := callee.(*ast.IndexExpr); ok {
			callee = index.X
		}
		var name *ast.Ident
		switch callee := callee.(type) {
		case *ast.Ident:
			name = callee
		case *ast.SelectorExpr:
			name = callee.Sel
		default:
			return true
		}
		target := info.Uses[name]
		switch target.(type) {
		case *types.Func, *types.TypeName:
			l.add(name, target)
		}
		return true
	})
}

func unwrapped(of ast.Expr) ast.Expr {
	for {
		inner, ok := of.(*ast.ParenExpr)
		if !ok {
			return of
		}
		of = inner.X
	}
}

func (l *loader) add(name *ast.Ident, target types.Object) {
	if function, ok := target.(*types.Func); ok {
		target = function.Origin()
	}
	at, of := l.files.Position(name.Pos()), l.files.Position(target.Pos())
	from, err := filepath.Rel(l.root, at.Filename)
	to, err2 := filepath.Rel(l.root, of.Filename)
	if err != nil || err2 != nil || of.Filename == "" || strings.HasPrefix(to, "..") {
		return
	}
	key := place{to, of.Line}
	known := l.found[key]
	if known == nil || known.Symbol != target.Name() {
		known = &definition{Symbol: target.Name(), Def: key}
		l.found[key] = known
	}
	known.Calls = append(known.Calls, site{from, at.Line, strings.HasSuffix(from, "_test.go")})
}

func main() {
	root, _ := filepath.Abs(os.Args[1])
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		panic(err)
	}
	module := ""
	for _, line := range strings.Split(string(mod), "\n") {
		if words := strings.Fields(line); len(words) == 2 && words[0] == "module" {
			module = words[1]
		}
	}
	files := token.NewFileSet()
	l := &loader{root, module, files, map[string]*types.Package{}, importer.ForCompiler(files, "source", nil), map[place]*definition{}}
	filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil
		}
		if base := entry.Name(); path != root && (strings.HasPrefix(base, ".") || base == "vendor" || base == "testdata") {
			return filepath.SkipDir
		}
		inside, _ := filepath.Rel(root, path)
		name := module
		if inside != "." {
			name += "/" + filepath.ToSlash(inside)
		}
		_, _ = l.Import(name)
		return nil
	})
	var places []place
	for key := range l.found {
		places = append(places, key)
	}
	sort.Slice(places, func(a, b int) bool {
		return places[a].Path < places[b].Path || places[a].Path == places[b].Path && places[a].Line < places[b].Line
	})
	out := json.NewEncoder(os.Stdout)
	for _, key := range places {
		if err := out.Encode(l.found[key]); err != nil {
			panic(err)
		}
	}
}
