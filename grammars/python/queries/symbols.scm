; What a Python file defines. A function in a class becomes a method; what a method assigns to its receiver becomes a field.
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(function_definition name: (identifier) @name body: (_) @body) @definition.function
(function_definition name: (identifier) @name (#eq? @name "__init__")) @definition.constructor
(decorated_definition
  (decorator (identifier) @_decorator)
  definition: (function_definition name: (identifier) @name body: (_) @body) @definition.getter
  (#any-of? @_decorator "property" "cached_property"))
(decorated_definition
  (decorator (attribute attribute: (identifier) @_decorator))
  definition: (function_definition name: (identifier) @name body: (_) @body) @definition.getter
  (#any-of? @_decorator "cached_property" "getter"))
(decorated_definition
  (decorator (attribute attribute: (identifier) @_decorator))
  definition: (function_definition name: (identifier) @name body: (_) @body) @definition.setter
  (#any-of? @_decorator "setter" "deleter"))
(type_alias_statement left: (type (identifier) @name)) @definition.type_alias
(type_alias_statement left: (type (generic_type (identifier) @name))) @definition.type_alias
(assignment left: (identifier) @name) @definition.variable
(assignment left: (identifier) @name (#match? @name "^[A-Z][A-Z0-9_]*$")) @definition.constant
(assignment left: (identifier) @name type: (type) @_type right: (_)
  (#any-of? @_type "TypeAlias" "t.TypeAlias" "te.TypeAlias" "typing.TypeAlias" "typing_extensions.TypeAlias")) @definition.type_alias
(assignment left: (identifier) @name right: (subscript value: (_) @_type)
  (#any-of? @_type "list" "dict" "tuple" "set" "frozenset" "Union" "Optional" "t.Union" "t.Optional" "typing.Union" "typing.Optional")) @definition.type_alias
(assignment left: (attribute object: (identifier) @_self attribute: (identifier) @name) (#eq? @_self "self")) @definition.field
