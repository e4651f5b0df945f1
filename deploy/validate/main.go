// Decodes every manifest on standard input into the types of the Kubernetes API and of the Prometheus operator: unknown
// fields and wrong types are errors.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if err := monitoring.AddToScheme(scheme.Scheme); err != nil {
		panic(err)
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	reader := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	count, bad := 0, 0
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if kind == nil && object == nil && err != nil && len(document) < 4 {
			continue
		}
		count++
		if err != nil {
			bad++
			fmt.Printf("WRONG %v: %v\n", kind, err)
			continue
		}
		fmt.Printf("ok %s\n", kind.String())
	}
	fmt.Printf("%d objects, %d wrong\n", count, bad)
	if bad > 0 {
		os.Exit(1)
	}
}
