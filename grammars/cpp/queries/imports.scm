; What a C++ file includes and uses. Each pattern is run at an include directive, a using declaration or a namespace alias.
(preproc_include path: (string_literal (string_content) @import.file))
(preproc_include path: (system_lib_string) @import.file)
(using_declaration "namespace" [(identifier) (qualified_identifier)] @import.star)
(using_declaration . "using" . [(identifier) (qualified_identifier)] @import.path)
(namespace_alias_definition name: (namespace_identifier) @alias [(namespace_identifier) (nested_namespace_specifier)] @import.path .)
