; What a TypeScript file defines. Variables inside functions are local and left out; the engine sees to that.
(internal_module name: [(identifier) (nested_identifier)] @name body: (_)? @body) @definition.namespace
(module name: [(identifier) (nested_identifier)] @name body: (_)? @body) @definition.namespace
(class_declaration name: (type_identifier) @name body: (_) @body) @definition.class
(abstract_class_declaration name: (type_identifier) @name body: (_) @body) @definition.class
(class name: (type_identifier) @name body: (_) @body) @definition.class
(interface_declaration name: (type_identifier) @name body: (_) @body) @definition.interface
(type_alias_declaration name: (type_identifier) @name) @definition.type_alias
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(enum_body name: (property_identifier) @name @definition.enum_member)
(enum_assignment name: (property_identifier) @name) @definition.enum_member

(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function
(function_signature name: (identifier) @name) @definition.function

(method_definition name: [(property_identifier) (private_property_identifier)] @name body: (_) @body) @definition.method
(method_definition "get" name: [(property_identifier) (private_property_identifier)] @name) @definition.getter
(method_definition "set" name: [(property_identifier) (private_property_identifier)] @name) @definition.setter
(method_definition name: (property_identifier) @name (#eq? @name "constructor")) @definition.constructor
(method_signature name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(abstract_method_signature name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.field
(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(interface_body (property_signature name: (property_identifier) @name) @definition.property)
(type_alias_declaration value: (object_type (property_signature name: (property_identifier) @name) @definition.property))
(type_alias_declaration value: (object_type (method_signature name: (property_identifier) @name) @definition.method))
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.field
(required_parameter "readonly" pattern: (identifier) @name) @definition.field

(variable_declarator name: (identifier) @name) @definition.variable
(lexical_declaration "const" (variable_declarator name: (identifier) @name) @definition.constant)
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @definition.function
(variable_declarator name: (identifier) @name value: (class !name body: (_) @body)) @definition.class
(pair key: (property_identifier) @name) @definition.property
(pair
  key: (property_identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method

(export_statement "default" @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(export_statement "default" @name value: (class body: (_) @body)) @definition.class
(export_statement "default" @name value: (call_expression)) @definition.constant

(export_statement !source (export_clause (export_specifier name: (identifier) @exported)))
(export_statement "default" value: (identifier) @exported)
