//! What templates use.

use super::*;

fn uses(template: Template, text: &str) -> String {
    let found = of(template, text.as_bytes());
    let word = |does| match does {
        Does::Shows => "<",
        Does::Calls => "()",
        Does::Reads => "",
        Does::Writes => "=",
    };
    for it in &found {
        assert!(it.does == Does::Shows || text[it.at as usize..].starts_with(&it.name));
    }
    let all: Vec<String> = found
        .iter()
        .map(|it| format!("{}{}:{}", word(it.does), it.name, it.line))
        .collect();
    all.join(" ")
}

fn vue(template: &str) -> String {
    uses(
        Template::Vue,
        &format!("<script setup></script><template>\n{template}\n</template>"),
    )
}

fn svelte(text: &str) -> String {
    uses(Template::Svelte, text)
}

#[test]
fn tags_are_components_by_either_spelling() {
    assert_eq!(
        vue("<Btn a=\"x > y\"/><p>t</p>\n<my-btn/><Form.Input></Form.Input>"),
        "<Btn:2 <MyBtn:3 <Form:3"
    );
    assert_eq!(
        svelte("<Btn/>\n<my-btn/><ui.Btn/><svelte:head></svelte:head>"),
        "<Btn:1 <ui:2"
    );
    assert_eq!(vue("<!-- <Btn/> --><i>a < b</i>"), "");
    let options = "<template><Btn :a=\"b\"/>{{ c }}</template><script></script>";
    assert_eq!(uses(Template::Vue, options), "<Btn:1");
    assert_eq!(
        uses(Template::Vue, "<template lang=\"pug\">\nBtn(<Btn/>)</template>"),
        ""
    );
}

#[test]
fn names_in_expressions_are_uses_and_words_of_text_are_not() {
    assert_eq!(vue("text {{ name }} 'x' {{ a.b.c }}"), "name:2 a:2");
    assert_eq!(
        vue("<p title=\"plain\" :a=\"one\" @click=\"save\" v-if=\"!two\"/>"),
        "one:2 save:2 two:2"
    );
    assert_eq!(
        vue("<p :a=\"{ key: one, two, 'three': four ? five : six }\"/>"),
        "one:2 two:2 four:2 five:2 six:2"
    );
    assert_eq!(
        vue("<p @click=\"open = true; go('CANARY', it)\"/>"),
        "=open:2 true:2 ()go:2 it:2"
    );
    assert_eq!(vue("<p :a=\"`x ${y}`\" :b=\"x as Shape\"/>"), "x:2");
    assert_eq!(
        svelte("{name} {@html text} {#if a && b.c}x{:else if d}y{/if}"),
        "name:1 text:1 a:1 b:1 if:1 d:1"
    );
    assert_eq!(
        svelte("<p on:click={go} {...rest} class=\"a {b ? \"c\" : d} e\" use:tip bind:this={it}/>"),
        "go:1 rest:1 b:1 d:1 tip:1 it:1"
    );
}

#[test]
fn names_that_a_template_binds_are_its_own() {
    assert_eq!(
        vue("<p v-for=\"(song, at) in songs\" :a=\"song\" :b=\"at\"/>"),
        "songs:2"
    );
    assert_eq!(
        vue("<p #item=\"{ song }\">{{ song }}</p><p @a=\"it => go(it)\" @b=\"(x, y) => x\"/>"),
        "()go:2"
    );
    assert_eq!(vue("<p @a=\"function (x) { use(x) }\"/>"), "()use:2");
    assert_eq!(svelte("{#each songs as { id }, at (id)}{id}{at}{/each}"), "songs:1");
    assert_eq!(
        svelte("{#await load() then it}{it}{:catch e}{e}{/await}{@const x = y}{x}"),
        "()load:1 y:1"
    );
    assert_eq!(
        svelte("<List let:item>{item}</List>{#snippet row(a)}{a}{/snippet}"),
        "<List:1"
    );
}

#[test]
fn what_is_not_closed_ends_it() {
    for text in [
        "<",
        "<A",
        "<A b",
        "<A b=",
        "<A b='",
        "{",
        "{{",
        "{#each",
        "{`${",
        "<!--",
        "<style",
        "<A {",
        "<A é",
        "<A b={",
        "{a => (",
        "{)}",
        "</",
        "<é",
        "{/",
        "<A b='{\"}'>",
        "{#each as }",
        "{@const",
        "<A let:=>",
        "<A =/>",
        "{é}",
        "{'\\",
        "<A :x=\"é\" é=\"{é}\">",
    ] {
        svelte(text);
        vue(text);
        vue(&format!("{text}\">}}"));
        uses(Template::Vue, text);
        uses(Template::Vue, &format!("<template{text}</template>"));
    }
    let deep = "{a(".repeat(20_000);
    svelte(&deep);
    vue(&deep);
    let many = "<A b=\"{\">".repeat(2_000);
    assert!(svelte(&many).len() < many.len());
}

#[test]
fn spaces_and_letters_of_any_width_are_no_end_of_a_word() {
    for text in [
        "{ #a\u{e9}\u{e9}}",
        "{  #each \u{e9} as \u{e9}}",
        "{ @const \u{e9}}",
        "{\u{a0}#if x}",
        "<A b={ #\u{e9}\u{e9}\u{e9} }/>",
        "{:\u{e9}",
    ] {
        of(Template::Svelte, text.as_bytes());
        of(
            Template::Vue,
            format!("<template>{text}<a v-for=\"\u{e9} of\" :\u{e9}=\"\u{e9}\"></template>").as_bytes(),
        );
    }
}
