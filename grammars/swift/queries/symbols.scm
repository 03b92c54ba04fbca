; What a Swift file defines. An extension gives members to the type it names.
(class_declaration declaration_kind: "class" name: (type_identifier) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "actor" name: (type_identifier) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name body: (_) @body) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name body: (_) @body) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type) @name body: (_) @body) @definition.impl
(class_declaration declaration_kind: "extension" name: (array_type) @name body: (_) @body) @definition.impl
(protocol_declaration name: (type_identifier) @name body: (_) @body) @definition.interface
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field
(associatedtype_declaration name: (type_identifier) @name) @definition.associated_type
(typealias_declaration name: (type_identifier) @name) @definition.type_alias
(function_declaration name: (simple_identifier) @name body: (_)? @body) @definition.function
(init_declaration name: "init" @name body: (_)? @body) @definition.constructor
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name) computed_value: (_) @body) @definition.getter
(enum_entry name: (simple_identifier) @name) @definition.enum_member
