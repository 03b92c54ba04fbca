//! Fields that are read and written without a receiver of a class that is named: keywords of constructors, structs without a name.

use crate::resolution::related;
use expect_test::expect;
use louver::resolution::RelationKind;

#[test]
fn keywords_of_python_write_the_fields_of_a_class() {
    related(
        r"
//- models.py
from pydantic import BaseModel
from dataclasses import dataclass
class Base(BaseModel):
    name: str
class Info(Base):
    size: int = 1
    def total(self): return self.size
@dataclass
class Point:
    x: int
class Own:
    size: int
    def __init__(self, size): self.other = size
class Below(Own):
    deep: int
//- use.py
import models
from models import Info, Point, Own, Below
def build(info):
    a = Info(name='CANARY', size=2, total=3, missing=4)
    b = models.Point(x=1)
    c = Own(size=1)
    d = Below(deep=1, size=2)
    e = info.Point(x=1)
    f = replace(a, size=2)
    return Unknown(size=1)
def more(): return [Point(x=it) for it in range(3)]
",
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            Info.total reads Info.size [self]
            Own.__init__ writes Own.other [self]
            build writes models.py#Base.name [typed]
            build writes models.py#Info.size [typed]
            build writes models.py#Point.x [typed]
            more writes models.py#Point.x [typed]
        "#]],
    );
}

#[test]
fn structs_of_go_without_a_name_have_fields() {
    related(
        r#"
//- a.go
package a
type T struct { inner struct { deep, low int }; list []struct { item int } }
var whole = struct { made, lost int }{}
var declared struct { other int; next *struct { far int } }
func run(t *T) int {
	whole.made = 3
	declared.other = whole.lost
	declared.next.far = 2
	for _, it := range t.list { use(it.item) }
	return t.inner.deep + t.inner.low
}
func table() {
	tests := []struct { name string; want int }{{name: "CANARY", want: 1}, {"CANARY", 2}}
	for _, test := range tests { use(test.name, test.want) }
	byKey := map[string]struct { left int }{"CANARY": {left: 1}}
	use(byKey["CANARY"].left)
	named := []T{{list: nil}}
	use(named)
}
//- b.go
package a
func far() int { return whole.made + declared.other }
"#,
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            run reads whole [lexical]
            run writes whole.made [typed]
            run reads declared [lexical]
            run writes declared.other [typed]
            run reads whole [lexical]
            run reads whole.lost [typed]
            run reads declared [lexical]
            run reads declared.next [typed]
            run writes declared.next.far [typed]
            run reads T.list [typed]
            run reads T.list.item [typed]
            run reads T.inner [typed]
            run reads T.inner.deep [typed]
            run reads T.inner [typed]
            run reads T.inner.low [typed]
            table writes name [typed]
            table writes want [typed]
            table reads name [typed]
            table reads want [typed]
            table writes left [typed]
            table reads left [typed]
            table writes T.list [typed]
            far reads a.go#whole [module]
            far reads a.go#whole.made [typed]
            far reads a.go#declared [module]
            far reads a.go#declared.other [typed]
        "#]],
    );
}

#[test]
fn references_to_constructors_of_java_make_a_type() {
    related(
        r"
//- p/A.java
package p;
class Plain {}
class Told { Told(int x) {} static Told of() { return null; } }
class Use {
  Object a() { return make(Plain::new); }
  Object b() { return make(Told::new, Told::of, int[]::new, java.util.ArrayList<Plain>::new, p.Plain::new); }
  Object c(Told t) { return make(t::toString, this::a); }
}
",
        &[RelationKind::Reads, RelationKind::Constructs],
        expect![[r#"
            Use.a -> Plain [lexical]
            Use.b -> Told [lexical]
            Use.b reads Told [lexical]
            Use.b reads Told.of [static]
            Use.b -> util.ArrayList external
            Use.b -> Plain [module]
            Use.c reads Use.a [self]
        "#]],
    );
}

#[test]
fn types_of_c_and_their_names_again_are_one() {
    related(
        r"
//- list.h
typedef struct list { struct list *next; int value; } list;
typedef enum color { RED } color;
typedef struct tree { int depth; } tree_t, *tree_p;
list *make(void);
//- use.c
#include <list.h>
int total(list *of, struct list *more, tree_t *t) { list own; return of->value + more->next->value + own.value + t->depth; }
color pick(color c) { return RED; }
",
        &[RelationKind::Reads, RelationKind::TypeUse],
        expect![[r#"
            list.next type_use list [lexical]
            make type_use list [lexical]
            total type_use list.h#list [import]
            total type_use list.h#list [import]
            total type_use list.h#tree_t [import]
            total type_use list.h#list [import]
            total reads list.h#list.value [typed]
            total reads list.h#list.next [typed]
            total reads list.h#list.value [typed]
            total reads list.h#list.value [typed]
            total reads list.h#tree.depth [typed]
            pick type_use list.h#color [import]
            pick type_use list.h#color [import]
            pick reads list.h#color.RED [self]
        "#]],
    );
}

#[test]
fn bodies_of_macros_of_c_use_what_they_name() {
    related(
        r#"
//- base.h
#define ROTATE(x, n) (((x) >> (n)) | LOW)
#define LOW 1
int slow(int a);
//- use.c
#include "base.h"
static int here(int a) { return a; }
struct S { int low; };
#define BOTH(x, of) (ROTATE(x, 2) ^ ROTATE(x, 13) + of(x)) /* slow(CANARY) */
#define CALLS(s, a) do { \
    if (slow(a)) here(s->low); \
    print("slow(1)", 's', s.here, a ## here, sizeof(LOW)); } while (0) // here(2)
#define ALIAS here
int run(struct S *s) { return BOTH(1, here) + LOW; }
"#,
        &[RelationKind::Reads, RelationKind::Calls],
        expect![[r#"
            ROTATE reads LOW [lexical]
            CALLS -> here [lexical]
            CALLS reads base.h#LOW [import]
            ALIAS reads here [lexical]
            run -> BOTH [lexical]
            run reads here [lexical]
            run reads base.h#LOW [import]
        "#]],
    );
}

#[test]
fn tables_in_files_that_others_include_use_what_they_name() {
    related(
        r#"
//- whole.def
#define MAKE(name, function, more) name, function, 2
struct cmd table[] = {
{"set", setCmd, 1},
{MAKE("del", delCmd, "a, b")},
};
//- table.h
int setCmd(int c);
int getCmd(int c);
int delCmd(int c);
//- cmds.c
#include "table.h"
#include "whole.def"
int setCmd(int c) { return c; }
int getCmd(int c) { return c; }
int delCmd(int c) { return c; }
"#,
        &[RelationKind::Reads, RelationKind::Calls],
        expect![[r#"
            table reads cmds.c#setCmd [import]
            table -> MAKE [lexical]
            table reads cmds.c#delCmd [import]
        "#]],
    );
}

#[test]
fn macros_hold_for_the_file_they_are_defined_in() {
    related(
        r"
//- box.h
struct box {
#define FLAG 1
  int flags;
};
//- use.c
#include <box.h>
int size(struct box *of) {
#define LENGTH 4
    int at[LENGTH];
    return of->flags & FLAG + at[0] + LENGTH;
}
",
        &[RelationKind::Reads],
        expect![[r#"
            size reads LENGTH [lexical]
            size reads box.h#box.flags [typed]
            size reads box.h#FLAG [import]
            size reads LENGTH [lexical]
        "#]],
    );
}

#[test]
fn labels_of_constructors_write_what_a_type_holds() {
    related(
        r#"
//- Dat.kt
package p
data class Dat(val nam: String, var cnt: Int)
fun use(d: Dat): Dat {
    val one = Dat(nam = "x", cnt = 1)
    one.cnt++
    return d.copy(cnt = 3)
}
//- Box.swift
struct Box { let nam: String; var cnt: Int }
func box() -> Box { return Box(nam: "x", cnt: 2) }
//- Rec.cs
record Rec(string Nam, int Cnt);
class Tot { public int Sum; public int Left;
  Rec Make(Rec other) { Sum++; --Left; var no = -Left; return new Rec(Nam: "x", Cnt: 1); } }
//- Six.php
<?php
namespace App;
class Six { public function __construct(public string $nam, private int $cnt = 0) {}
  public function up() { $this->cnt++; } }
function six() { return new Six(nam: 'x', cnt: 1); }
function sixth() { return Six::make(nam: 'x'); }
//- Num.java
class Num { int sum; void up(Num of) { of.sum++; ++sum; int no = -of.sum; } }
//- num.c
struct num { int sum; };
void up(struct num *of) { of->sum++; }
//- num.ts
export class Num { sum = 0; up() { this.sum++; return -this.sum; } }
"#,
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            use writes Dat.nam [typed]
            use writes Dat.cnt [typed]
            use writes Dat.cnt [typed]
            use writes Dat.cnt [typed]
            box writes Box.nam [typed]
            box writes Box.cnt [typed]
            Tot.Make writes Tot.Sum [self]
            Tot.Make writes Tot.Left [self]
            Tot.Make reads Tot.Left [self]
            Tot.Make writes Rec.Nam [typed]
            Tot.Make writes Rec.Cnt [typed]
            Six.up writes Six.cnt [self]
            six writes Six.nam [typed]
            six writes Six.cnt [typed]
            sixth reads Six [lexical]
            Num.up writes Num.sum [typed]
            Num.up writes Num.sum [self]
            Num.up reads Num.sum [typed]
            up writes num.sum [typed]
            Num.up writes Num.sum [self]
            Num.up reads Num.sum [self]
        "#]],
    );
}

#[test]
fn with_of_csharp_writes_and_patterns_read() {
    related(
        r#"
//- a.cs
namespace App;
public record Point(int Left, int Top) { public string Name { get; set; } }
public class Uses
{
    int Left;
    Point Move(Point it) => it with { Left = 3, Name = "CANARY" };
    bool IsHigh(object it) => it is Point { Top: > 3, Name: var name } && name.Length > 1;
    bool IsOdd(object it) => it is { Top: 3 };
}
"#,
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            Uses.Move writes Point.Left [typed]
            Uses.Move writes Point.Name [typed]
            Uses.IsHigh reads Point [lexical]
            Uses.IsHigh reads Point.Top [typed]
            Uses.IsHigh reads Point.Name [typed]
        "#]],
    );
}
