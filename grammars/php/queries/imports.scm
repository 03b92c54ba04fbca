; What a PHP file belongs to and uses. Each pattern is run at a namespace or a use declaration.
(namespace_definition name: (namespace_name) @package)
(namespace_use_declaration (namespace_use_clause . [(name) (qualified_name)] @import.path .))
(namespace_use_declaration (namespace_use_clause [(name) (qualified_name)] @import.path alias: (name) @alias))
(namespace_use_declaration (namespace_name) @source body: (namespace_use_group (namespace_use_clause . [(name) (qualified_name)] @import.name .)))
(namespace_use_declaration (namespace_name) @source body: (namespace_use_group (namespace_use_clause [(name) (qualified_name)] @import.name alias: (name) @alias)))
