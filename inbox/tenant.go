package inbox

import "github.com/google/uuid"

// Tenant is whose inbox it is. It is the first part of every key. The zero Tenant is nobody's: every call with it is refused.
type Tenant struct{ uuid.UUID }

// TenantNamed derives a tenant from the host's own name for it: the same text, the same tenant.
func TenantNamed(text string) Tenant { return Tenant{uuid.NewSHA1(tenants, []byte(text))} }

// DefaultTenant is the tenant of an inbox that serves only one.
var DefaultTenant = TenantNamed("default")

var tenants = uuid.NewSHA1(uuid.NameSpaceURL, []byte("deskwright/tenant"))
