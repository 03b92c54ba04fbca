; Environment: os.Getenv("NAME"), os.LookupEnv("NAME").
((call_expression
  function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_get)
  arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @environment_key.name))
  (#any-of? @_package "os" "syscall") (#any-of? @_get "Getenv" "LookupEnv") (#set! gate "Getenv LookupEnv"))
; Functions of the file that read what they are given, and names that are put together.
((call_expression
  function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_get)
  arguments: (argument_list . (identifier) @environment_key.passed))
  (#any-of? @_package "os" "syscall") (#any-of? @_get "Getenv" "LookupEnv") (#set! gate "Getenv LookupEnv"))
((call_expression
  function: [(identifier) @environment_key.by (selector_expression field: (field_identifier) @environment_key.by)]
  arguments: (argument_list (identifier) @environment_key.passed))
  (#set! gate "Getenv LookupEnv"))
((call_expression
  function: [(identifier) @environment_key.by (selector_expression field: (field_identifier) @environment_key.by)]
  arguments: (argument_list [(interpreted_string_literal) (raw_string_literal)] @environment_key.name))
  (#set! gate "Getenv LookupEnv"))
((call_expression
  function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_get)
  arguments: (argument_list . (binary_expression
    left: (_) @_left operator: "+" right: [(interpreted_string_literal) (raw_string_literal)] @environment_key.name)))
  (#any-of? @_package "os" "syscall") (#any-of? @_get "Getenv" "LookupEnv") (#not-match? @_left "^[\"`]")
  (#set! gate "Getenv LookupEnv") (#set! computed "before"))
((call_expression
  function: (selector_expression operand: (identifier) @_package field: (field_identifier) @_get)
  arguments: (argument_list . (binary_expression
    left: [(interpreted_string_literal) (raw_string_literal)] @environment_key.name operator: "+" right: (_) @_right)))
  (#any-of? @_package "os" "syscall") (#any-of? @_get "Getenv" "LookupEnv") (#not-match? @_right "^[\"`]")
  (#set! gate "Getenv LookupEnv") (#set! computed "after"))
((call_expression
  function: [(identifier) @environment_key.by (selector_expression field: (field_identifier) @environment_key.by)]
  arguments: (argument_list [(interpreted_string_literal) (raw_string_literal)] @environment_key.name))
  (#match? @environment_key.by "[eE][nN][vV]") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$")
  (#set! gate "nv( env_ _env envb envint envs EnvO EnvB EnvI EnvS EnvD EnvW EnvV EnvF EnvR ENV_") (#set! elsewhere ""))
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
  function: (selector_expression
    operand: [
      (identifier) @route.on
      (selector_expression)
      (call_expression function: (selector_expression operand: (_) field: (field_identifier) @_with)) @route.on]
    field: (field_identifier) @route.method)
  arguments: (argument_list . (interpreted_string_literal) @route.name . (_)*
    . [(identifier) (selector_expression) (func_literal) (call_expression)] @route.handler .))
  (#eq? @_with "With")
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

; Requests of resty: client.R().Get("https://host/path").
((call_expression
  function: (selector_expression operand: (call_expression) field: (field_identifier) @request.method)
  arguments: (argument_list . (interpreted_string_literal) @request.name .))
  (#any-of? @request.method "Get" "Post" "Put" "Patch" "Delete" "Head") (#set! requires "github.com/go-resty/resty resty.dev") (#set! relative ""))

; Events: NATS, clients of Kafka, RabbitMQ, Redis, Pub/Sub, Watermill, Asynq.
((call_expression
  function: (selector_expression operand: (_) field: (field_identifier) @_publish)
  arguments: (argument_list . (interpreted_string_literal) @publisher.name))
  (#any-of? @_publish "Publish" "PublishRequest" "Request" "PublishAsync") (#set! requires "github.com/nats-io github.com/ThreeDotsLabs/watermill"))
((call_expression
  function: (selector_expression operand: (_) field: (field_identifier) @_subscribe)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name
    [(identifier) (selector_expression) (func_literal) (call_expression)] @subscriber.handler .))
  (#any-of? @_subscribe "Subscribe" "QueueSubscribe" "ChanSubscribe") (#set! requires "github.com/nats-io"))
((call_expression
  function: (selector_expression operand: (_) field: (field_identifier) @_subscribe)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name .))
  (#any-of? @_subscribe "SubscribeSync") (#set! requires "github.com/nats-io"))
((composite_literal
  type: (qualified_type name: (type_identifier) @_message)
  body: (literal_value (keyed_element key: (literal_element (identifier) @_topic) value: (literal_element (interpreted_string_literal) @publisher.name))))
  (#any-of? @_message "Writer" "WriterConfig" "Message" "ProducerMessage") (#eq? @_topic "Topic")
  (#set! requires "github.com/segmentio/kafka-go github.com/IBM/sarama github.com/Shopify/sarama"))
((composite_literal
  type: (qualified_type name: (type_identifier) @_reader)
  body: (literal_value (keyed_element key: (literal_element (identifier) @_topic) value: (literal_element (interpreted_string_literal) @subscriber.name))))
  (#eq? @_reader "ReaderConfig") (#eq? @_topic "Topic") (#set! requires "github.com/segmentio/kafka-go"))
((call_expression
  function: (selector_expression field: (field_identifier) @_consume)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name))
  (#eq? @_consume "ConsumePartition") (#set! requires "github.com/IBM/sarama github.com/Shopify/sarama"))
((call_expression
  function: (selector_expression field: (field_identifier) @_subscribe)
  arguments: (argument_list . [
    (interpreted_string_literal) @subscriber.name
    (composite_literal body: (literal_value (literal_element (interpreted_string_literal) @subscriber.name)))]))
  (#any-of? @_subscribe "Subscribe" "SubscribeTopics") (#set! requires "github.com/confluentinc/confluent-kafka-go"))
((call_expression
  function: (selector_expression field: (field_identifier) @_publish)
  arguments: (argument_list . (identifier) . (interpreted_string_literal) . (interpreted_string_literal) @publisher.name))
  (#eq? @_publish "PublishWithContext") (#set! requires "github.com/rabbitmq/amqp091-go github.com/streadway/amqp"))
((call_expression
  function: (selector_expression field: (field_identifier) @_publish)
  arguments: (argument_list . (interpreted_string_literal) . (interpreted_string_literal) @publisher.name))
  (#eq? @_publish "Publish") (#set! requires "github.com/rabbitmq/amqp091-go github.com/streadway/amqp"))
((call_expression
  function: (selector_expression field: (field_identifier) @_consume)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name))
  (#eq? @_consume "Consume") (#set! requires "github.com/rabbitmq/amqp091-go github.com/streadway/amqp"))
((call_expression
  function: (selector_expression field: (field_identifier) @_publish)
  arguments: (argument_list . (_) . (interpreted_string_literal) @publisher.name))
  (#any-of? @_publish "Publish" "SPublish") (#set! requires "github.com/redis/go-redis github.com/go-redis/redis"))
((call_expression
  function: (selector_expression field: (field_identifier) @_subscribe)
  arguments: (argument_list . (_) . (interpreted_string_literal) @subscriber.name))
  (#any-of? @_subscribe "Subscribe" "SSubscribe")
  (#set! requires "github.com/redis/go-redis github.com/go-redis/redis github.com/ThreeDotsLabs/watermill"))
((call_expression
  function: (selector_expression field: (field_identifier) @_topic)
  arguments: (argument_list . (interpreted_string_literal) @publisher.name .))
  (#any-of? @_topic "Topic" "Publisher") (#set! requires "cloud.google.com/go/pubsub"))
((call_expression
  function: (selector_expression field: (field_identifier) @_subscription)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name .))
  (#any-of? @_subscription "Subscription" "Subscriber") (#set! requires "cloud.google.com/go/pubsub"))
((call_expression
  function: (selector_expression operand: (identifier) @_asynq field: (field_identifier) @_task)
  arguments: (argument_list . (interpreted_string_literal) @publisher.name))
  (#eq? @_asynq "asynq") (#eq? @_task "NewTask") (#set! requires "github.com/hibiken/asynq"))
((call_expression
  function: (selector_expression field: (field_identifier) @_handle)
  arguments: (argument_list . (interpreted_string_literal) @subscriber.name . (_) @subscriber.handler .))
  (#any-of? @_handle "HandleFunc" "Handle") (#set! requires "github.com/hibiken/asynq"))
