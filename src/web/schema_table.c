#include "web/schema.h"

const Schema schema_table[] = {
    { "Problem", false, "type:string title:string status:int detail:string" },
    { "Status", false,
      "version:string database:string storage:string jobs:JobCounts uptime_seconds:int "
      "disk_free_bytes:int? test_mode:bool" },
    { "JobCounts", false, "waiting:int running:int failed:int oldest_seconds:int" },
    { "SignInChoices", false, "providers:SignInProvider[] regions:string[] test_mode:bool" },
    { "SignInProvider", false, "id:string name:string url:string" },
    { "TestPerson", true, "name!:string email!:string region!:string" },
    { "SessionState", false,
      "account:Account test_mode:bool host:string limits:Limits retention_days:int" },
    { "Account", false, "id:id name:string email:string? region:string created_at:time" },
    { "Limits", false,
      "max_photo_bytes:int max_sheet_bytes:int max_zip_bytes:int max_batch_photos:int "
      "quota_bytes:int used_bytes:int" },
    { "Confirmation", true, "confirm!:string" },
    { "Receipt", false, "receipt:id" },
    { "Session", false,
      "id:id created_at:time last_seen_at:time expires_at:time browser:string is_current:bool" },
    { "Token", false, "id:id name:string created_at:time last_used_at:time? expires_at:time?" },
    { "NewToken", true, "name!:string expires_in_days:int?" },
    { "CreatedToken", false,
      "id:id name:string created_at:time last_used_at:time? expires_at:time? token:string" },
    { "TokenText", true, "token!:string" },
    { "Jwt", false, "jwt:string expires_at:time" },
    { "BatchSettings", true, "name:string? marketplace:string? longest_side:int? quality:int?" },
    { "Batch", false,
      "id:id name:string state:string revision:int created_at:time changed_at:time "
      "published_at:time? expires_at:time? last_expires_at:time? marketplace:string rules:string "
      "longest_side:int quality:int sheet:Sheet? counts:BatchCounts bytes_in:int bytes_out:int "
      "publish_error:string?" },
    { "Sheet", false,
      "name:string is_read:bool description:string? marketplace:string? marketplace_title:string "
      "worksheet:string? num_skus:int notes:string? problem:string?" },
    { "BatchCounts", false,
      "photos:int uploading:int waiting:int done:int failed:int matched:int unmatched:int "
      "ambiguous:int duplicate:int rejected:int left_out:int skus:int skus_complete:int "
      "skus_without_main:int attention:int" },
    { "Revision", true, "revision:int?" },
    { "Event", false, "id:id at:time photo:id? name:string what:string by:string details:string?" },
    { "Photo", false,
      "id:id name:string size:int uploaded_at:time expires_at:time state:string verdict:string "
      "sku:PhotoSku? slot:string? rule:string notes:string decided_by:string needs_attention:bool "
      "turn:int left_out:bool format:string width:int height:int picture:Picture? "
      "thumbnail:string? failure:string? compliance:ComplianceNote[]" },
    { "PhotoSku", false, "row:int sku:string" },
    { "Picture", false, "width:int height:int bytes:int url:string?" },
    { "ComplianceNote", false, "is_refusal:bool text:string" },
    { "PhotoChange", true,
      "sku_row:int? slot:string? turn:int left_out:bool reset:bool displace:bool swap:bool revision:int?" },
    { "PhotoChanged", false, "photo:Photo displaced:Photo? revision:int" },
    { "Sku", false,
      "row:int sku:string asin:string parent:string is_parent:bool problem:string? "
      "has_sheet_main:bool needs_attention:bool slots:SkuSlot[] missing:string[]" },
    { "SkuSlot", false, "slot:string photo:Photo" },
    { "Upload", false,
      "id:id name:string kind:string size:int offset:int state:string failure:string? "
      "created_at:time expires_at:time" },
};
const gsize num_schemas = G_N_ELEMENTS(schema_table);
