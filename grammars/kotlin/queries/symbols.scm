; What a Kotlin file defines. A companion without a name is part of its class.
(class_declaration name: (identifier) @name) @definition.class
(class_declaration name: (identifier) @name (class_body) @body) @definition.class
(class_declaration name: (identifier) @name (enum_class_body) @body) @definition.enum
(class_declaration "interface" name: (identifier) @name) @definition.interface
(object_declaration name: (identifier) @name (class_body)? @body) @definition.class
(companion_object name: (identifier) @name (class_body)? @body) @definition.class
(enum_entry (identifier) @name (class_body)? @body) @definition.enum_member
(type_alias type: (identifier) @name) @definition.type_alias
(function_declaration name: (identifier) @name (function_body)? @body) @definition.function
(secondary_constructor "constructor" @name (block)? @body) @definition.constructor
(property_declaration (variable_declaration . (identifier) @name)) @definition.variable
(property_declaration (variable_declaration . (identifier) @name) (getter (function_body) @body)) @definition.getter
(class_parameter ["val" "var"] (identifier) @name) @definition.field
