; What a Scala file defines. An object is a class with one instance; a parameter of a class is a field.
(class_definition name: (identifier) @name body: (_)? @body) @definition.class
(class_definition class_parameters: (class_parameters (class_parameter name: (identifier) @name) @definition.field))
(object_definition name: (identifier) @name body: (_)? @body) @definition.class
(package_object name: (identifier) @name body: (_)? @body) @definition.class
(trait_definition name: (identifier) @name body: (_)? @body) @definition.trait
(enum_definition name: (identifier) @name body: (_) @body) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.enum_member
(full_enum_case name: (identifier) @name) @definition.enum_member
(type_definition name: (type_identifier) @name) @definition.type_alias
(function_definition name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name) @definition.function
(val_definition pattern: (identifier) @name) @definition.variable
(var_definition pattern: (identifier) @name) @definition.variable
(val_declaration name: (identifier) @name) @definition.variable
(given_definition name: (identifier) @name) @definition.variable
