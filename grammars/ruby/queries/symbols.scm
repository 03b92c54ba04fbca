; What a Ruby file defines. A module is a trait: it gives its methods to what includes it.
(class name: (_) @name body: (_)? @body) @definition.class
(module name: (_) @name body: (_)? @body) @definition.trait
(method name: (_) @name body: (_)? @body) @definition.method
(method name: (identifier) @name body: (_)? @body (#eq? @name "initialize")) @definition.constructor
(singleton_method name: (_) @name body: (_)? @body) @definition.method
(assignment left: (constant) @name) @definition.constant
(assignment left: (instance_variable) @name) @definition.field
(assignment left: (class_variable) @name) @definition.field
; Members that calls define by symbols: in a class, in a module, in the block a module runs in what includes it.
((class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "attr_accessor" "attr_reader" "attr_writer" "cattr_accessor" "cattr_reader" "mattr_accessor" "mattr_reader" "class_attribute"))
((module body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "attr_accessor" "attr_reader" "attr_writer" "cattr_accessor" "cattr_reader" "mattr_accessor" "mattr_reader" "class_attribute"))
((singleton_class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "attr_accessor" "attr_reader" "attr_writer" "cattr_accessor" "cattr_reader" "mattr_accessor" "mattr_reader" "class_attribute"))
((call method: (identifier) @_in block: (do_block body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name)) @definition.field)))
  (#any-of? @_word "attr_accessor" "attr_reader" "attr_writer" "cattr_accessor" "cattr_reader" "mattr_accessor" "mattr_reader" "class_attribute") (#eq? @_in "included"))
((class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "has_many" "has_one" "belongs_to" "has_and_belongs_to_many" "has_one_attached" "has_many_attached" "has_rich_text" "attribute" "enum" "alias_attribute"))
((module body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "has_many" "has_one" "belongs_to" "has_and_belongs_to_many" "has_one_attached" "has_many_attached" "has_rich_text" "attribute" "enum" "alias_attribute"))
((singleton_class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.field))
  (#any-of? @_word "has_many" "has_one" "belongs_to" "has_and_belongs_to_many" "has_one_attached" "has_many_attached" "has_rich_text" "attribute" "enum" "alias_attribute"))
((call method: (identifier) @_in block: (do_block body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.field)))
  (#any-of? @_word "has_many" "has_one" "belongs_to" "has_and_belongs_to_many" "has_one_attached" "has_many_attached" "has_rich_text" "attribute" "enum" "alias_attribute") (#eq? @_in "included"))
((class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.method))
  (#eq? @_word "scope"))
((module body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.method))
  (#eq? @_word "scope"))
((singleton_class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.method))
  (#eq? @_word "scope"))
((call method: (identifier) @_in block: (do_block body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list . (simple_symbol) @name)) @definition.method)))
  (#eq? @_word "scope") (#eq? @_in "included"))
((class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name (pair key: (hash_key_symbol) @_to))) @definition.field))
  (#eq? @_word "delegate") (#eq? @_to "to") (#not-match? @definition.field "prefix:"))
((module body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name (pair key: (hash_key_symbol) @_to))) @definition.field))
  (#eq? @_word "delegate") (#eq? @_to "to") (#not-match? @definition.field "prefix:"))
((singleton_class body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name (pair key: (hash_key_symbol) @_to))) @definition.field))
  (#eq? @_word "delegate") (#eq? @_to "to") (#not-match? @definition.field "prefix:"))
((call method: (identifier) @_in block: (do_block body: (body_statement (call !receiver method: (identifier) @_word arguments: (argument_list (simple_symbol) @name (pair key: (hash_key_symbol) @_to))) @definition.field)))
  (#eq? @_word "delegate") (#eq? @_in "included") (#eq? @_to "to") (#not-match? @definition.field "prefix:"))
