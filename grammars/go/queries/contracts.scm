; Environment: os.Getenv("NAME"), os.LookupEnv("NAME").
((call_expression
  function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_get)
  arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @environment_key.name))
  (#any-of? @_package "os" "syscall") (#any-of? @_get "Getenv" "LookupEnv") (#set! gate "Getenv LookupEnv"))
((call_expression
  function: (selector_expression field: (field_identifier) @_bind)
  arguments: (argument_list . (_) . (interpreted_string_literal) @environment_key.name))
  (#eq? @_bind "BindEnv") (#set! requires "github.com/spf13/viper"))

; Settings: viper.
((call_expression
  function: (selector_expression operand: (_) @_viper field: (field_identifier) @_get)
  arguments: (argument_list . (interpreted_string_literal) @configuration_key.name))
  (#match? @_viper "^([a-z.]*[vV]iper|v|config|cfg)$")
  (#match? @_get "^(Get(String|Bool|Int|Int32|Int64|Uint|Float64|Duration|Time|StringSlice|StringMap|StringMapString|SizeInBytes)?|IsSet|SetDefault|BindPFlag|BindEnv)$")
  (#set! requires "github.com/spf13/viper"))

; Groups: v1 := r.Group("/v1"), chi's r.Route("/v1", func(r chi.Router) { … }).
((short_var_declaration
  left: (expression_list . (identifier) @receiver .)
  right: (expression_list . (call_expression
    function: (selector_expression operand: (identifier) @receiver.parent field: (field_identifier) @_group)
    arguments: (argument_list . (interpreted_string_literal) @receiver.prefix))))
  (#any-of? @_group "Group" "Party")
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/gofiber/fiber github.com/kataras/iris"))
((call_expression
  function: (selector_expression operand: (_) @_router field: (field_identifier) @_route)
  arguments: (argument_list . (interpreted_string_literal) @route.prefix . (func_literal) @route.scope .))
  (#any-of? @_route "Route" "Group") (#set! requires "github.com/go-chi/chi github.com/gofiber/fiber"))

; Routers, and where one is put below a path of another: r.Mount("/x", users.Routes()), users.Register(r.Group("/x")).
((short_var_declaration
  left: (expression_list . (identifier) @receiver)
  right: (expression_list . (call_expression function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_make))))
  (#any-of? @_package "gin" "echo" "chi" "fiber" "mux" "iris") (#any-of? @_make "Default" "New" "NewRouter" "NewMux")
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/gorilla/mux github.com/kataras/iris"))
((short_var_declaration
  left: (expression_list . (identifier) @receiver .)
  right: (expression_list . (call_expression
    function: (selector_expression
      operand: (call_expression
        function: (selector_expression operand: (identifier) @receiver.parent field: (field_identifier) @_prefix)
        arguments: (argument_list . (interpreted_string_literal) @receiver.prefix .))
      field: (field_identifier) @_subrouter))))
  (#eq? @_prefix "PathPrefix") (#eq? @_subrouter "Subrouter") (#set! requires "github.com/gorilla/mux"))
([
  (function_declaration parameters: (parameter_list (parameter_declaration name: (identifier) @receiver type: (_) @_type)))
  (method_declaration parameters: (parameter_list (parameter_declaration name: (identifier) @receiver type: (_) @_type)))]
  (#match? @_type "^[*]?(gin[.](Engine|RouterGroup|IRouter|IRoutes)|echo[.](Echo|Group)|chi[.](Router|Mux)|fiber[.](App|Router|Group)|mux[.]Router|iris[.](Party|Application))$")
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/gorilla/mux github.com/kataras/iris") (#set! given ""))
((call_expression
  function: (selector_expression operand: (identifier) @receiver.parent field: (field_identifier) @_route)
  arguments: (argument_list (func_literal parameters: (parameter_list . (parameter_declaration name: (identifier) @receiver))) .))
  (#any-of? @_route "Route" "Group") (#set! requires "github.com/go-chi/chi github.com/gofiber/fiber"))
((return_statement (expression_list (identifier) @receiver.returned))
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/gorilla/mux github.com/kataras/iris"))
((call_expression
  function: (selector_expression operand: (identifier) @mount.onto field: (field_identifier) @_mount)
  arguments: (argument_list . (interpreted_string_literal) @mount.path . [(identifier) (selector_expression) (call_expression)] @mount.target .))
  (#eq? @_mount "Mount") (#set! requires "github.com/go-chi/chi github.com/gofiber/fiber"))
((call_expression
  function: [(identifier) (selector_expression)] @mount.target
  arguments: (argument_list (identifier) @mount.onto))
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/gorilla/mux github.com/kataras/iris") (#set! given ""))
((call_expression
  function: [(identifier) (selector_expression)] @mount.target
  arguments: (argument_list (call_expression
    function: (selector_expression operand: (identifier) @mount.onto field: (field_identifier) @_group)
    arguments: (argument_list . (interpreted_string_literal) @mount.path))))
  (#any-of? @_group "Group" "Party") (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/gorilla/mux github.com/kataras/iris") (#set! given ""))
((call_expression
  function: [(identifier) (selector_expression)] @mount.target
  arguments: (argument_list (call_expression
    function: (selector_expression
      operand: (call_expression
        function: (selector_expression operand: (identifier) @mount.onto field: (field_identifier) @_prefix)
        arguments: (argument_list . (interpreted_string_literal) @mount.path .))
      field: (field_identifier) @_subrouter))))
  (#eq? @_prefix "PathPrefix") (#eq? @_subrouter "Subrouter") (#set! requires "github.com/gorilla/mux") (#set! given ""))

; Routes: r.GET("/path", handler), http.HandleFunc("GET /path", handler), r.HandleFunc("/path", handler).Methods("GET").
((call_expression
  function: (selector_expression operand: [(identifier) @route.on (selector_expression)] field: (field_identifier) @route.method)
  arguments: (argument_list . (interpreted_string_literal) @route.name . (_)*
    . [(identifier) (selector_expression) (func_literal) (call_expression)] @route.handler .))
  (#match? @route.method "^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|Any|Get|Post|Put|Patch|Delete|Head|Options|All)$") (#set! loose "")
  (#set! requires "github.com/gin-gonic/gin github.com/labstack/echo github.com/go-chi/chi github.com/gofiber/fiber github.com/kataras/iris github.com/julienschmidt/httprouter"))
((call_expression
  function: (selector_expression operand: [(identifier) @route.on (selector_expression) (call_expression)] field: (field_identifier) @_handle)
  arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @route.name . (_) @route.handler .))
  (#any-of? @_handle "HandleFunc" "Handle") (#set! requires "net/http github.com/gorilla/mux github.com/go-chi/chi") (#set! loose "") (#set! method "ANY"))
((call_expression
  function: (selector_expression
    operand: (call_expression
      function: (selector_expression operand: [(identifier) @route.on (selector_expression) (call_expression)] field: (field_identifier) @_handle)
      arguments: (argument_list . (interpreted_string_literal) @route.name . (_) @route.handler .))
    field: (field_identifier) @_methods)
  arguments: (argument_list [(interpreted_string_literal) @route.method (selector_expression field: (field_identifier) @route.method)]))
  (#any-of? @_handle "HandleFunc" "Handle") (#eq? @_methods "Methods") (#set! requires "github.com/gorilla/mux") (#set! loose ""))

; Requests: http.Get("https://host/path"), http.NewRequest("GET", "https://host/path", nil).
((call_expression
  function: (selector_expression operand: (identifier) @_http field: (field_identifier) @request.method)
  arguments: (argument_list . (interpreted_string_literal) @request.name))
  (#eq? @_http "http") (#any-of? @request.method "Get" "Post" "Head" "PostForm") (#set! requires "net/http"))
((call_expression
  function: (selector_expression operand: (identifier) @_http field: (field_identifier) @_new)
  arguments: (argument_list [(interpreted_string_literal) @request.method (selector_expression field: (field_identifier) @request.method)]
    . (interpreted_string_literal) @request.name))
  (#any-of? @_http "http" "httptest") (#any-of? @_new "NewRequest" "NewRequestWithContext") (#set! requires "net/http net/http/httptest"))

; Commands: &cobra.Command{Use: "name", RunE: run}, urfave's cli.Command{Name: "name"}.
((composite_literal
  type: (qualified_type package: (package_identifier) @_package name: (type_identifier) @_command)
  body: (literal_value
    (keyed_element key: (literal_element (identifier) @_use) value: (literal_element (interpreted_string_literal) @command.name))
    (keyed_element key: (literal_element (identifier) @_run) value: (literal_element [(identifier) (selector_expression)] @command.handler))))
  (#any-of? @_package "cobra" "cli") (#eq? @_command "Command") (#any-of? @_use "Use" "Name") (#any-of? @_run "Run" "RunE" "Action")
  (#set! requires "github.com/spf13/cobra github.com/urfave/cli") (#set! first ""))
((composite_literal
  type: (qualified_type package: (package_identifier) @_package name: (type_identifier) @_command)
  body: (literal_value
    (keyed_element key: (literal_element (identifier) @_use) value: (literal_element (interpreted_string_literal) @command.name))))
  (#any-of? @_package "cobra" "cli") (#eq? @_command "Command") (#any-of? @_use "Use" "Name")
  (#set! requires "github.com/spf13/cobra github.com/urfave/cli") (#set! first ""))
