// Call sites of a Go module and the definitions they mean, as go/types resolves them.
//
// usage: go run go_types.go ROOT > ORACLE.jsonl
//
// One line per definition, in the form grade_calls.py reads. A call site is the last name of what is called; a conversion counts as a
// call of its type. Its target is the function, method, type, field or variable of a package that go/types records for that name, if it is
// defined below ROOT. What several files of a package define, each for other build settings, is one group. Calls of what is defined
// elsewhere, and of local variables, are listed as external. What is imported from elsewhere is replaced by an empty
// package, so calls that need its types are left out: grade with --partial, and nobody is judged by them.
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
	External  bool   `json:"external,omitempty"`
	Group     string `json:"group,omitempty"`
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
	external     map[string]*definition
	declared     map[string][]place
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
			l.declare(path, file)
		}
	}
	if biggest == nil {
		biggest = types.NewPackage(path, filepath.Base(path))
	}
	return biggest
}

// declare notes what a file defines at its top, by the name that it has in its package.
func (l *loader) declare(path string, file *ast.File) {
	note := func(of string, name *ast.Ident) {
		at := l.files.Position(name.Pos())
		if relative, err := filepath.Rel(l.root, at.Filename); err == nil && name.Name != "init" && name.Name != "_" {
			key := path + " " + of + "." + name.Name
			l.declared[key] = append(l.declared[key], place{relative, at.Line})
		}
	}
	for _, each := range file.Decls {
		switch each := each.(type) {
		case *ast.FuncDecl:
			of := ""
			if each.Recv != nil && len(each.Recv.List) > 0 {
				of = strings.TrimPrefix(types.ExprString(each.Recv.List[0].Type), "*")
			}
			note(of, each.Name)
		case *ast.GenDecl:
			for _, spec := range each.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					note("", spec.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						note("", name)
					}
				}
			}
		}
	}
}

// group marks what is defined several times, and adds what nobody was found to call of it.
func (l *loader) group() {
	for key, places := range l.declared {
		if len(places) < 2 {
			continue
		}
		for _, at := range places {
			if l.found[at] == nil {
				l.found[at] = &definition{Symbol: key[strings.LastIndex(key, ".")+1:], Def: at, Calls: []site{}}
			}
			l.found[at].Group = key
		}
	}
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
		switch target := target.(type) {
		case *types.Func, *types.TypeName:
			l.add(name, target)
		case *types.Var:
			if target.IsField() || target.Pkg() != nil && target.Parent() == target.Pkg().Scope() {
				l.add(name, target)
			} else {
				l.leave(name)
			}
		case *types.Builtin:
			l.leave(name)
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
		l.leave(name)
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

// leave notes a call that leads to nothing defined below the root.
func (l *loader) leave(name *ast.Ident) {
	at := l.files.Position(name.Pos())
	from, err := filepath.Rel(l.root, at.Filename)
	if err != nil {
		return
	}
	known := l.external[name.Name]
	if known == nil {
		known = &definition{Symbol: name.Name, External: true}
		l.external[name.Name] = known
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
	standard := importer.ForCompiler(files, "source", nil)
	l := &loader{root: root, module: module, files: files, standard: standard}
	l.known, l.found = map[string]*types.Package{}, map[place]*definition{}
	l.external, l.declared = map[string]*definition{}, map[string][]place{}
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
	l.group()
	var places []place
	for key := range l.found {
		places = append(places, key)
	}
	sort.Slice(places, func(a, b int) bool {
		return places[a].Path < places[b].Path || places[a].Path == places[b].Path && places[a].Line < places[b].Line
	})
	out := json.NewEncoder(os.Stdout)
	var all []*definition
	for _, key := range places {
		all = append(all, l.found[key])
	}
	for _, left := range l.external {
		all = append(all, left)
	}
	sort.SliceStable(all[len(places):], func(a, b int) bool { return all[len(places)+a].Symbol < all[len(places)+b].Symbol })
	for _, each := range all {
		if err := out.Encode(each); err != nil {
			panic(err)
		}
	}
}
